import { damaged } from "./captured-packet.ts";

/** What a section of a pcapng file says of one interface that packets were captured on. */
export interface PcapngInterface {
  readonly linkType: number;
  /** Of a packet, so many bytes are kept; 0 for all. */
  readonly snapBytes: number;
  /** What times count: so many make a second. */
  readonly unitsPerSecond: bigint;
  /** To be added to its times. */
  readonly offsetSeconds: number;
}

const OPTIONS_AT = 16;
const TRAILER_BYTES = 4;
const OPTION = { end: 0, timeResolution: 9, timeOffset: 14 } as const;
const MICROSECONDS = 1_000_000n;

/** The block's body, from its type to its trailing length; `offset` is where it stands in the file. */
export function readInterface(view: DataView, isLittle: boolean, offset: number): PcapngInterface {
  let unitsPerSecond = MICROSECONDS;
  let offsetSeconds = 0;
  const end = view.byteLength - TRAILER_BYTES;
  for (let at = OPTIONS_AT; at < end; ) {
    const code = at + 4 <= end ? view.getUint16(at, isLittle) : -1;
    const length = at + 4 <= end ? view.getUint16(at + 2, isLittle) : 0;
    if (code === OPTION.end) break;
    const valueAt = at + 4;
    if (code < 0 || valueAt + length > end)
      throw damaged(offset + at, "an option goes on beyond the end of its block");
    if (code === OPTION.timeResolution && length === 1)
      unitsPerSecond = readResolution(view.getUint8(valueAt));
    else if (code === OPTION.timeOffset && length === 8)
      offsetSeconds = Number(view.getBigInt64(valueAt, isLittle));
    else if (code === OPTION.timeResolution || code === OPTION.timeOffset)
      throw damaged(offset + at, `an option with the code ${code} has ${length} bytes`);
    at = valueAt + ((length + 3) & ~3);
  }
  return {
    linkType: view.getUint16(8, isLittle),
    snapBytes: view.getUint32(12, isLittle),
    unitsPerSecond,
    offsetSeconds,
  };
}

/** With the highest bit a power of 2, otherwise of 10. */
function readResolution(value: number): bigint {
  const exponent = BigInt(value & 0x7f);
  return (value & 0x80) !== 0 ? 2n ** exponent : 10n ** exponent;
}
