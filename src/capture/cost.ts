import { createPerCpuLookup, indexKey } from "../kernel/map.ts";
import { ST_COST } from "./layout.gen.ts";

/** Reads what the programs have cost so far, over all CPUs, in seconds: estimated from the packets that were timed. */
export function createCostReader(mapFd: number): () => number {
  const lookup = createPerCpuLookup(mapFd, ST_COST.sizeof);
  const words = ST_COST.sizeof / 8;
  return () => {
    const values = lookup(indexKey(0));
    let seconds = 0;
    for (let at = 0; at + words <= values.length; at += words) {
      const packets = Number(values[at + ST_COST.packets / 8] ?? 0n);
      const timed = Number(values[at + ST_COST.timed / 8] ?? 0n);
      const timedNs = Number(values[at + ST_COST.timed_ns / 8] ?? 0n);
      if (timed > 0) seconds += ((timedNs / timed) * packets) / 1e9;
    }
    return seconds;
  };
}
