import { writeSync } from "node:fs";
import { openOwnTable } from "../capture/own-table.ts";
import { openSegmentReader } from "../capture/segment-reader.ts";
import { createSocketSet } from "../kernel/sockets.ts";
import { createWritableProbe } from "../kernel/writable.ts";
import { cpuSecondsSince, monotonicNs } from "../model/clock.ts";
import { createLineWriter, type LineOutput } from "../report/line-writer.ts";
import { createDrainLoop } from "./drain-loop.ts";
import {
  INHERITED,
  type KeeperMessage,
  type PayloadConfig,
  type PayloadMessage,
  type PayloadReport,
} from "./messages.ts";
import { createPipeline } from "./pipeline.ts";
import { dropPrivileges } from "./privileges.ts";
import { createYieldPolicy } from "./yield-policy.ts";

/**
 * Entry point of a payload process: owns one ring and every flow in it, and sees payload; so it runs unprivileged, and
 * talks to the kernel only through the memory and sockets that it has.
 */
const REPORT_INTERVAL_MS = 1_000;
const YIELD_INTERVAL_MS = 100;
const STDOUT = 1;

function tell(message: PayloadMessage, onSent: () => void = () => {}): void {
  // The keeper may be gone, killed: then `disconnect` ends this process.
  if (process.connected) process.send?.(message, undefined, undefined, onSent);
}

function start(config: PayloadConfig): void {
  const ownTable = openOwnTable(INHERITED.ownTable);
  const sockets = createSocketSet();
  const admissions = new Map<number, () => void>();
  const lines = createLineWriter(config.output, createStdout(), {
    targets: config.targets.map((target) => target.name),
    style: { colour: config.colour, unicode: config.unicode },
  });
  const pipeline = createPipeline(config, {
    sockets,
    lines,
    ownTable,
    onNotice: (notice, server) => tell({ kind: "notice", notice, server }),
    onResolve: (targetIndex, addresses) =>
      new Promise((resolve) => {
        const id = admissions.size + 1;
        admissions.set(id, resolve);
        tell({ kind: "resolved", id, targetIndex, addresses });
      }),
    onTargetState: (targetIndex, state, reason) =>
      tell({ kind: "target_state", targetIndex, state, reason }),
  });
  const reader = openSegmentReader(
    INHERITED.ring,
    config.ringBytes,
    { fd: INHERITED.ringControl, index: config.ringIndex },
    pipeline.onSegment,
  );
  dropPrivileges();
  const cpuAtStart = process.cpuUsage();

  const report = (): PayloadReport => ({
    ...pipeline.report(),
    linesDropped: lines.linesDropped,
    cpuSeconds: cpuSecondsSince(cpuAtStart),
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  });

  const yieldPolicy = createYieldPolicy(performance.now());
  let yielding = false;
  let nextYieldMs = 0;
  let nextReportMs = 0;
  let doneReported = false;
  const deliveredToAll = () =>
    Math.min(...pipeline.deliver.ledgers.map((ledger) => ledger.delivered));
  let active = true;
  const loop = createDrainLoop(reader, pipeline, sockets, (segments) => {
    lines.flush();
    active ||= segments > 0;
    const nowMs = performance.now();
    if (active && nowMs >= nextYieldMs) {
      nextYieldMs = nowMs + YIELD_INTERVAL_MS;
      if (yieldPolicy.shouldYield(nowMs) !== yielding) {
        yielding = !yielding;
        loop.yield(yielding);
        tell({ kind: "yield", yielding });
      }
    }
    const isDone = config.rule.count !== undefined && deliveredToAll() >= config.rule.count;
    if (nowMs >= nextReportMs || (isDone && !doneReported)) {
      doneReported = isDone;
      nextReportMs = nowMs + REPORT_INTERVAL_MS;
      pipeline.decode.sweep(monotonicNs());
      // While nothing happens there is nothing to say; every message costs both processes a wake-up.
      if (!active) return;
      active = pipeline.deliver.pending > 0;
      tell({ kind: "report", report: report(), final: false });
    }
  });

  const finish = async (graceMs: number) => {
    loop.stop();
    await running;
    pipeline.decode.end();
    await pipeline.deliver.drain(graceMs);
    pipeline.deliver.dispose();
    lines.flush();
    lines.abandon();
    sockets.dispose();
    tell({ kind: "report", report: report(), final: true }, () => process.disconnect());
  };

  process.on("message", (message: KeeperMessage) => {
    if (message.kind === "admitted") {
      admissions.get(message.id)?.();
    } else if (message.kind === "stop") {
      void finish(message.graceMs);
    }
  });
  const running = loop.run();
  tell({ kind: "ready" });
}

/** Standard output, written only where that cannot block: a stalled reader must not stall the capture. */
function createStdout(): LineOutput {
  const isWritable = createWritableProbe(STDOUT);
  let closed = false;
  return {
    ready: () => !closed && isWritable(),
    write(bytes) {
      try {
        writeSync(STDOUT, bytes);
      } catch {
        closed = true;
        tell({ kind: "stdout_closed" });
      }
    },
  };
}

// Signals of a terminal reach the whole process group; the keeper decides what they mean.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.once("disconnect", () => process.exit());
process.once("message", (message: KeeperMessage) => {
  if (message.kind === "start") start(message.config);
});
