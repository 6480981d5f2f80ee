import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { type Capture, loadCapture } from "../../src/capture/capture.ts";
import { type HookPlan, planHook } from "../../src/capture/hook-plan.ts";
import { resolveScope } from "../../src/capture/scope.ts";
import { openSegmentReader, type SegmentReader } from "../../src/capture/segment-reader.ts";

/** What a segment said, copied out of the ring. */
interface SeenSegment {
  readonly toServer: boolean;
  readonly seq: number;
  readonly ack: number;
  readonly tcpFlags: number;
  readonly flags: number;
  readonly skippedBytes: number;
  readonly lostStarts: number;
  readonly payloadBytes: number;
  readonly payload: Buffer;
}

export const HOOKS = ["cgroup", "tcx", "clsact"] as const;
export type HookName = (typeof HOOKS)[number];

function planOf(hook: HookName): HookPlan {
  const wish = { hook: hook === "cgroup" ? "cgroup" : "tc", interfaces: [] } as const;
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
): Promise<LiveCapture> {
  const capture = await loadCapture({ plan: planOf(hook), ports: [port], ringCount: 1, ringBytes });
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
