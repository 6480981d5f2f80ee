/** One packet to be written. */
export interface WrittenPacket {
  /** Since 1970. */
  readonly timeNs: bigint;
  readonly bytes: Uint8Array;
}

export interface CaptureForm {
  readonly format: "pcap" | "pcapng";
  readonly isLittle: boolean;
  readonly linkType: number;
  /** Units of time in a second: pcap knows 10^6 and 10^9. */
  readonly unitsPerSecond: bigint;
  /** `if_tsresol` that says so. */
  readonly resolution?: number;
  /** Only so much of each packet is kept. */
  readonly snapBytes?: number;
  /** Packets of pcapng without a time. */
  readonly isSimple?: boolean;
  /** Unknown blocks and options before and after everything. */
  readonly hasStrangers?: boolean;
}

/** Bytes of a file in one byte order. */
function createWriter(isLittle: boolean) {
  const number = (bytes: 2 | 4) => (value: number) => {
    const buffer = Buffer.alloc(bytes);
    if (isLittle) buffer.writeUIntLE(value, 0, bytes);
    else buffer.writeUIntBE(value, 0, bytes);
    return buffer;
  };
  return { u16: number(2), u32: number(4) };
}

function pad(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes], (bytes.length + 3) & ~3);
}

function writePcap(form: CaptureForm, packets: readonly WrittenPacket[]): Buffer {
  const { u16, u32 } = createWriter(form.isLittle);
  const { unitsPerSecond, snapBytes = 0x40000 } = form;
  const magic = unitsPerSecond === 1_000_000_000n ? 0xa1b23c4d : 0xa1b2c3d4;
  const header = [u32(magic), u16(2), u16(4), u32(0), u32(0), u32(snapBytes), u32(form.linkType)];
  const records = packets.flatMap(({ timeNs, bytes }) => {
    const units = (timeNs * unitsPerSecond) / 1_000_000_000n;
    const kept = bytes.subarray(0, snapBytes);
    return [
      u32(Number(units / unitsPerSecond)),
      u32(Number(units % unitsPerSecond)),
      u32(kept.length),
      u32(bytes.length),
      kept,
    ];
  });
  return Buffer.concat([...header, ...records]);
}

function writePcapng(form: CaptureForm, packets: readonly WrittenPacket[]): Buffer {
  const { u16, u32 } = createWriter(form.isLittle);
  const { unitsPerSecond, resolution, snapBytes = 0, hasStrangers = false } = form;
  const block = (type: number, ...body: Uint8Array[]) => {
    const content = pad(Buffer.concat(body));
    const length = u32(content.length + 12);
    return Buffer.concat([u32(type), length, content, length]);
  };
  const option = (code: number, value: Uint8Array) =>
    Buffer.concat([u16(code), u16(value.length), pad(value)]);
  const end = u32(0);
  const strangers = hasStrangers
    ? [block(0x0bad, Buffer.from("stranger")), block(5, u32(0), u32(1), u32(2)), block(0x80000001)]
    : [];
  const comment = hasStrangers ? [option(1, Buffer.from("hello")), end] : [];
  const header = [
    block(
      0x0a0d0d0a,
      u32(0x1a2b3c4d),
      u16(1),
      u16(0),
      u32(0xffffffff),
      u32(0xffffffff),
      ...comment,
    ),
    ...strangers,
    block(
      1,
      u16(form.linkType),
      u16(0),
      u32(snapBytes),
      ...(hasStrangers ? [option(2, Buffer.from("eth0"))] : []),
      ...(resolution === undefined ? [] : [option(9, Buffer.from([resolution]))]),
      ...(hasStrangers ? [end] : []),
    ),
  ];
  const blocks = packets.map(({ timeNs, bytes }) => {
    const kept = snapBytes === 0 ? bytes : bytes.subarray(0, snapBytes);
    if (form.isSimple === true) return block(3, u32(bytes.length), pad(kept));
    const units = (timeNs * unitsPerSecond) / 1_000_000_000n;
    const [high, low] = [units >> 32n, units & 0xffffffffn].map(Number) as [number, number];
    const lengths = [u32(kept.length), u32(bytes.length)];
    return block(6, u32(0), u32(high), u32(low), ...lengths, pad(kept), ...comment);
  });
  return Buffer.concat([...header, ...blocks, ...strangers]);
}

export function writeCapture(form: CaptureForm, packets: readonly WrittenPacket[]): Buffer {
  return form.format === "pcap" ? writePcap(form, packets) : writePcapng(form, packets);
}
