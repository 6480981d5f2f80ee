import { interfaceFacts } from "../kernel/interface.ts";
import { clsactFilters } from "../kernel/link.ts";
import { programInfo, readArrayMap } from "../kernel/program-info.ts";
import { monotonicNs } from "../model/clock.ts";
import { HEARTBEAT_LIMIT_MS } from "./heartbeat.ts";
import { interfaceNames } from "./interfaces.ts";
import { ST_HEARTBEAT } from "./layout.gen.ts";

/** A clsact filter of a shadowtap that died: inert, but still there. */
export interface Leftover {
  /** `tc filter on eth0 ingress` */
  readonly description: string;
  remove(): void;
}

/** Finds the leftovers in the current network namespace. Links need none of this: they die with their process. */
export function findLeftovers(): Leftover[] {
  const leftovers: Leftover[] = [];
  for (const name of interfaceNames()) {
    const facts = interfaceFacts(name);
    if (!facts) continue;
    for (const side of ["ingress", "egress"] as const)
      for (const filter of clsactFilters(facts.index, side))
        if (isLeftover(filter.programId))
          leftovers.push({ description: `tc filter on ${name} ${side}`, remove: filter.remove });
  }
  return leftovers;
}

/** One of our programs whose keeper has stopped beating. */
function isLeftover(programId: number): boolean {
  const info = programInfo(programId);
  if (!info?.name.startsWith("st_tc_")) return false;
  const beat = readArrayMap(info.mapIds, "st_beat", ST_HEARTBEAT.sizeof);
  const beatNs = Number(beat?.readBigUInt64LE(ST_HEARTBEAT.time_ns) ?? 0n);
  return monotonicNs() - beatNs > HEARTBEAT_LIMIT_MS * 1e6;
}
