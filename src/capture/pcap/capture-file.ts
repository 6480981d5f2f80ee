import { ShadowtapError } from "../../model/errors.ts";
import { createByteWindow } from "./byte-window.ts";
import { damaged, type PacketSink, type RecordReader } from "./captured-packet.ts";
import { createPcapReader, isPcapMagic } from "./pcap-reader.ts";
import { createPcapngReader, SECTION_HEADER } from "./pcapng-reader.ts";

/** Reads the bytes of a capture file, in pieces of any size, as packets. All of it throws ST_CAPTURE_UNREADABLE. */
export interface CaptureFileReader {
  /** Hands over every packet that is complete by now, synchronously. */
  push(chunk: Uint8Array): void;
  /** The file is over: throws when that is in the middle of something. */
  end(): void;
  /** Undefined until the file has begun. */
  readonly format: "pcap" | "pcapng" | undefined;
  /** Blocks of pcapng that say nothing about packets. */
  readonly blocksSkipped: number;
}

const MAGIC_BYTES = 4;
/** Beginnings of what captures are compressed with, and what reads them. */
const COMPRESSED: readonly (readonly [mask: number, magic: number, reader: string])[] = [
  [0xffff0000, 0x1f8b0000, "zcat"],
  [0xffffffff, 0x28b52ffd, "zstdcat"],
  [0xffffffff, 0x04224d18, "lz4cat"],
  [0xffffffff, 0xfd377a58, "xzcat"],
];

function unknownFormat(magic: number): ShadowtapError {
  const reader = COMPRESSED.find(([mask, begins]) => (magic & mask) >>> 0 === begins)?.[2];
  return new ShadowtapError(
    "ST_CAPTURE_UNREADABLE",
    reader === undefined
      ? "The capture is neither pcap nor pcapng: its first bytes are of neither."
      : "The capture is compressed.",
    [
      reader === undefined
        ? "Convert it: editcap -F pcapng FILE capture.pcapng."
        : `Unpack it on the way: ${reader} FILE | shadowtap decode - --port 8080.`,
    ],
  );
}

/** Tells pcap and pcapng apart by their first bytes. Holds no more than one packet and one chunk. */
export function createCaptureFileReader(sink: PacketSink): CaptureFileReader {
  const window = createByteWindow();
  let reader: RecordReader | undefined;

  function open(): RecordReader | undefined {
    if (!window.has(MAGIC_BYTES)) return undefined;
    const { buffer, byteOffset } = window.bytes;
    const magic = new DataView(buffer, byteOffset + window.at).getUint32(0);
    if (magic === SECTION_HEADER) return createPcapngReader(window, sink);
    if (isPcapMagic(magic)) return createPcapReader(window, magic, sink);
    throw unknownFormat(magic);
  }

  return {
    push(chunk) {
      window.push(chunk);
      reader ??= open();
      while (reader?.step() === true);
    },
    end() {
      if (reader === undefined && window.isEmpty)
        throw new ShadowtapError("ST_CAPTURE_UNREADABLE", "The capture is empty.", [
          "See whether what captured it was still running, or was refused by the system.",
        ]);
      if (!window.isEmpty || (reader !== undefined && !reader.isWhole))
        throw damaged(
          window.offset,
          "it ends in the middle of what begins there",
          "What wrote it was killed, or its disk was full: end tcpdump with INT, and use -U.",
        );
    },
    get format() {
      return reader?.format;
    },
    get blocksSkipped() {
      return reader?.blocksSkipped ?? 0;
    },
  };
}
