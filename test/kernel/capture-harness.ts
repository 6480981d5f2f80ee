import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { type Capture, loadCapture, loadPrograms } from "../../src/capture/capture.ts";
import { type HookPlan, planHook } from "../../src/capture/hook-plan.ts";
import { localAddresses } from "../../src/capture/local-addresses.ts";
import { resolveScope } from "../../src/capture/scope.ts";
import { openSegmentReader, type SegmentReader } from "../../src/capture/segment-reader.ts";
import { hasTcx } from "../../src/kernel/link.ts";
import { cgroupProgramsKnowNamespace } from "../../src/kernel/probe.ts";
import type { Rule } from "../../src/model/rule.ts";
import { compileKernelRules } from "../../src/select/kernel/compile.ts";
import { ruleSet } from "../select/rules.ts";
import { rule } from "./rules.ts";

/** What a segment said, copied out of the ring. */
export interface SeenSegment {
  readonly toServer: boolean;
  readonly seq: number;
  readonly ack: number;
  readonly tcpFlags: number;
  readonly flags: number;
  readonly skippedBytes: number;
  readonly lostStarts: number;
  readonly payloadBytes: number;
  readonly payload: Buffer;
  readonly rules: number;
  readonly generation: number;
  readonly sample: number;
}

export type HookName = "cgroup" | "tcx" | "clsact" | "socket";

/** The hooks that this kernel has for one network namespace: cgroup from Linux 6.15 on, tcx from 6.6. */
export const HOOKS: readonly HookName[] = [
  ...(cgroupProgramsKnowNamespace() ? (["cgroup"] as const) : []),
  ...((await kernelHasTcx()) ? (["tcx"] as const) : []),
  "clsact",
  "socket",
];

/** For what is the same at every hook. */
export const ANY_HOOK: HookName = HOOKS[0] ?? "clsact";

async function kernelHasTcx(): Promise<boolean> {
  const { object } = await loadPrograms("tc", false);
  try {
    return hasTcx(object.programFd("st_tc_in"));
  } finally {
    object[Symbol.dispose]();
  }
}

function planOf(hook: HookName): HookPlan {
  const family = hook === "tcx" || hook === "clsact" ? "tc" : hook;
  const wish = { hook: family, interfaces: [], ownerRules: [] } as const;
  const plan = planHook(wish, resolveScope({ kind: "own" }));
  return plan.hook === "tc" ? { ...plan, attach: hook === "clsact" ? "clsact" : "tcx" } : plan;
}

export interface LiveCapture {
  readonly capture: Capture;
  readonly reader: SegmentReader;
  /** Segments drained so far; `drain` adds those that have come. */
  readonly segments: SeenSegment[];
  drain(): SeenSegment[];
}

export async function startCapture(
  hook: HookName,
  port: number,
  ringBytes = 1 << 22,
  rules: readonly Rule[] = [rule(port)],
  wantsScan = true,
): Promise<LiveCapture> {
  const capture = await loadCapture({
    plan: planOf(hook),
    direction: "in",
    wantsScan,
    ringCount: 1,
    ringBytes,
  });
  await capture.rules.apply(compileKernelRules(ruleSet(rules)));
  capture.setLocalAddresses(localAddresses());
  const segments: SeenSegment[] = [];
  const control = { fd: capture.ringControlFd, index: 0 };
  const reader = openSegmentReader(capture.ringFds[0]!, ringBytes, control, (segment) =>
    segments.push({
      toServer: segment.toServer,
      seq: segment.seq,
      ack: segment.ack,
      tcpFlags: segment.tcpFlags,
      flags: segment.flags,
      skippedBytes: segment.skippedBytes,
      lostStarts: segment.lostStarts,
      payloadBytes: segment.payloadBytes,
      rules: segment.rulesLow,
      generation: segment.generation,
      sample: segment.sample,
      payload: Buffer.from(segment.bytes.subarray(segment.start, segment.end)),
    }),
  );
  capture.attach();
  return {
    capture,
    reader,
    segments,
    drain() {
      while (reader.drain(4096) > 0);
      return segments;
    },
  };
}

/** A server on loopback, at a free port unless one is given. */
export async function startServer(
  host: string,
  onConnection: (socket: Socket) => void,
  wantedPort = 0,
): Promise<{ server: Server; port: number }> {
  const server = createServer({ noDelay: true }, onConnection).listen(wantedPort, host);
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" && address ? address.port : 0 };
}
