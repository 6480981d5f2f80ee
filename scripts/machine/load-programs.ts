import { effectiveCapabilities, mayScanHeads } from "../../src/agent/capabilities.ts";
import { loadPrograms } from "../../src/capture/capture.ts";
import { ST_CONFIG, ST_SCOPE, ST_SIDE } from "../../src/capture/layout.gen.ts";
import type { BpfObject } from "../../src/kernel/object.ts";
import { cgroupProgramsKnowNamespace } from "../../src/kernel/probe.ts";
import { ShadowtapError } from "../../src/model/errors.ts";
import type { HookLoads } from "./matrix-report.ts";

const HOOKS = ["cgroup", "tc", "socket"] as const;

/**
 * Loads every program of every hook under every configuration that a run can give it, since constants decide what the
 * verifier looks at. Nothing is attached.
 */
export async function loadEveryProgram(): Promise<HookLoads[]> {
  const results: HookLoads[] = [];
  for (const hook of HOOKS) results.push(await loadHook(hook));
  return results;
}

async function loadHook(hook: (typeof HOOKS)[number]): Promise<HookLoads> {
  const wantsScan = mayScanHeads(effectiveCapabilities());
  const refusals: string[] = [];
  let loaded = 0;
  let scanned = 0;
  for (const scope of Object.keys(ST_SCOPE) as (keyof typeof ST_SCOPE)[])
    for (const side of Object.keys(ST_SIDE) as (keyof typeof ST_SIDE)[]) {
      try {
        const { object, scans } = await loadPrograms(hook, wantsScan, (loading) =>
          configure(loading, hook, scope, side),
        );
        object[Symbol.dispose]();
        loaded++;
        if (scans) scanned++;
      } catch (error) {
        if (!(error instanceof ShadowtapError)) throw error;
        refusals.push(`${scope}, ${side}: ${error.message}`);
      }
    }
  return { hook, loaded, scanned, refusals };
}

function configure(
  object: BpfObject,
  hook: (typeof HOOKS)[number],
  scope: keyof typeof ST_SCOPE,
  side: keyof typeof ST_SIDE,
): void {
  const constants = object.initialValue(".rodata");
  const view = new DataView(constants.buffer, constants.byteOffset, constants.byteLength);
  const knowsNamespace = hook === "cgroup" && cgroupProgramsKnowNamespace();
  view.setUint32(ST_CONFIG.scope, ST_SCOPE[scope], true);
  view.setUint32(ST_CONFIG.side, ST_SIDE[side], true);
  view.setUint32(ST_CONFIG.has_netns_cookie, knowsNamespace ? 1 : 0, true);
  view.setUint32(ST_CONFIG.ring_count, 2, true);
  view.setUint32(ST_CONFIG.ring_bytes, 1 << 20, true);
  view.setBigUint64(ST_CONFIG.heartbeat_limit_ns, hook === "tc" ? 1_000_000_000n : 0n, true);
}
