import { createPerCpuLookup, indexKey } from "../kernel/map.ts";
import { ST_COUNT, ST_COUNTER } from "./layout.gen.ts";

interface Count {
  readonly records: number;
  readonly bytes: number;
}

/** The kernel's counters by reason, `ST_C_` dropped and in lower case: `emitted`, `ring_full`, `start_shed` … */
export type Counters = Readonly<Record<CounterName, Count>>;
type CounterName = keyof typeof ST_COUNTER extends infer K
  ? K extends `ST_C_${infer Name}`
    ? Lowercase<Exclude<Name, "MAX">>
    : never
  : never;

/** Reads the counters, summed over CPUs. A few microseconds a reason: for once a second, not for the hot path. */
export interface CounterReader {
  all(): Counters;
  /** Records of one reason. */
  records(index: number): number;
}

export function createCounterReader(mapFd: number): CounterReader {
  const lookup = createPerCpuLookup(mapFd, ST_COUNT.sizeof);
  const reasons = Object.entries(ST_COUNTER).filter(([name]) => name !== "ST_C_MAX");
  const read = (index: number): Count => {
    const values = lookup(indexKey(index));
    let records = 0n;
    let bytes = 0n;
    for (let at = 0; at + 1 < values.length; at += 2) {
      records += values[at] ?? 0n;
      bytes += values[at + 1] ?? 0n;
    }
    return { records: Number(records), bytes: Number(bytes) };
  };
  return {
    records: (index) => read(index).records,
    all: () =>
      Object.fromEntries(
        reasons.map(([name, index]) => [name.slice("ST_C_".length).toLowerCase(), read(index)]),
      ) as Counters,
  };
}
