import {
  SCAN_BYTES,
  SCAN_CLASSES,
  SCAN_CLAUSES,
  ScanFlag,
  type ScanTable,
} from "../../../src/model/kernel-rules.ts";

/** What the kernel knows of a request after the scan. */
export interface ScanResult {
  /** Rules that may match; all of them unless it is decided. */
  readonly rules: bigint;
  readonly decided: boolean;
  /** Head and body; 0 unless it is decided. */
  readonly requestBytes: number;
}

const UNDECIDED: ScanResult = { rules: 0xffffffffffffffffn, decided: false, requestBytes: 0 };
const MAX_LENGTH_DIGITS = 9;

/** The loop of the kernel's program, step by step, over a segment of `length` bytes that begins a request. */
export function runScan(table: ScanTable, bytes: Uint8Array, length: number): ScanResult {
  const masks = new BigUint64Array(SCAN_CLAUSES);
  for (let k = 0; k < SCAN_CLAUSES; k++) masks[k] = table.without[k]!;
  const end = Math.min(length, SCAN_BYTES);
  let state = 0;
  let digits = 0;
  let bodyBytes = 0;
  for (let i = 0; i < end; i++) {
    const byte = bytes[i]!;
    state = table.next[state * SCAN_CLASSES + table.classes[byte]!]!;
    const set = table.sets[state]!;
    for (let k = 0; k < SCAN_CLAUSES; k++)
      masks[k] = masks[k]! | table.satisfied[set * SCAN_CLAUSES + k]!;
    const flags = table.flags[state]!;
    if ((flags & ScanFlag.undecidable) !== 0) return UNDECIDED;
    if ((flags & ScanFlag.lengthDigit) !== 0) {
      digits++;
      if (digits > MAX_LENGTH_DIGITS) return UNDECIDED;
      bodyBytes = bodyBytes * 10 + (byte - 0x30);
    }
    if ((flags & ScanFlag.headEnd) !== 0) {
      let rules = 0xffffffffffffffffn;
      for (let k = 0; k < SCAN_CLAUSES; k++) rules &= masks[k]!;
      return { rules, decided: true, requestBytes: i + 1 + bodyBytes };
    }
  }
  return UNDECIDED;
}
