import { openOwnTable } from "../capture/own-table.ts";
import { openSegmentReader } from "../capture/segment-reader.ts";
import { createSocketSet } from "../kernel/sockets.ts";
import { cpuSecondsSince, monotonicNs, uptimeMs } from "../model/clock.ts";
import { createLineWriter } from "../report/line-writer.ts";
import { createAdmissions } from "./admissions.ts";
import { createCadence } from "./cadence.ts";
import { collectGarbageRegularly } from "./collect-garbage.ts";
import { createDrainLoop } from "./drain-loop.ts";
import {
  INHERITED,
  type KeeperMessage,
  type PayloadConfig,
  type PayloadMessage,
  type PayloadReport,
} from "./messages.ts";
import { createPipeline } from "./pipeline.ts";
import { createPlanPipeline } from "./plan/pipeline.ts";
import { dropPrivileges } from "./privileges.ts";
import { budgetOfWorker, shareOfWorker } from "./rule-set.ts";
import { createStdout } from "./stdout.ts";
import { createYieldPolicy } from "./yield-policy.ts";

/**
 * Entry point of a payload process: owns one ring and every flow in it, and sees payload; so it runs unprivileged, and
 * talks to the kernel only through the memory and sockets that it has.
 */
const REPORTS = { busyMs: 1_000, quietMs: 3_000, fewSegments: 500 };
/** The account of CPU time costs two files to read; whoever handles little uses none. */
const YIELD_LOOKS = { busyMs: 100, quietMs: 3_000, fewSegments: 750 };
/** No record of a ring is smaller: bpf/emit.bpf.h. */
const LEAST_RECORD_BYTES = 256;

function tell(message: PayloadMessage, onSent: () => void = () => {}): void {
  // The keeper may be gone, killed: then `disconnect` ends this process.
  if (process.connected) process.send?.(message, undefined, undefined, onSent);
}

function start(config: PayloadConfig): void {
  const ownTable = openOwnTable(INHERITED.ownTable);
  const sockets = createSocketSet();
  const admissions = createAdmissions(tell);
  const targetNames: string[] = [];
  let ruleCount = 0;
  const lines = createLineWriter(
    config.output,
    createStdout(() => tell({ kind: "stdout_closed" })),
    {
      targets: targetNames,
      showRule: () => ruleCount > 1,
      style: { colour: config.colour, unicode: config.unicode },
    },
  );
  const ports = {
    sockets,
    lines,
    ownTable,
    redactionKey: Buffer.from(config.redactionKey, "base64"),
    onNotice: (notice: string, server: string) => tell({ kind: "notice", notice, server }),
    onResolve: admissions.ask,
    onTargetState: (targetIndex: number, state: "closed" | "open" | "half_open", reason: string) =>
      tell({ kind: "target_state", targetIndex, state, reason }),
  };
  const pipeline = config.planning ? createPlanPipeline(ports) : createPipeline(ports);
  const reader = openSegmentReader(
    INHERITED.ring,
    config.ringBytes,
    { fd: INHERITED.ringControl, index: config.ringIndex },
    pipeline.onSegment,
  );
  dropPrivileges(config.user);
  const cpuAtStart = process.cpuUsage();
  let doneReported = false;
  let wanted = Number.POSITIVE_INFINITY;
  let active = true;

  const report = (): PayloadReport => ({
    plan: undefined,
    ...pipeline.report(),
    ...loop.takePressure(),
    linesDropped: lines.linesDropped,
    cpuSeconds: cpuSecondsSince(cpuAtStart),
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  });

  const yieldPolicy = createYieldPolicy(uptimeMs());
  let yielding = false;
  const mayYield = createCadence(YIELD_LOOKS);
  const mustReport = createCadence(REPORTS);
  const loop = createDrainLoop(reader, config.ringBytes, pipeline, sockets, (segments) => {
    lines.flush();
    active ||= segments > 0;
    const nowMs = uptimeMs();
    if (active && mayYield(segments, nowMs) && yieldPolicy.shouldYield(nowMs) !== yielding) {
      yielding = !yielding;
      loop.yield(yielding);
      tell({ kind: "yield", yielding });
    }
    const isDone = leastDelivered(pipeline.deliver.ledgers) >= wanted;
    if (mustReport(segments, nowMs) || (isDone && !doneReported)) {
      doneReported = isDone;
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

  /** Handles what the ring holds now, and not what comes meanwhile: that may have no end. */
  const catchUp = () => {
    const segments = reader.drain(Math.ceil(reader.usedBytes() / LEAST_RECORD_BYTES));
    pipeline.deliver.pump();
    active ||= segments > 0;
  };

  const heed = (message: KeeperMessage) => {
    switch (message.kind) {
      case "rules":
        // The rule set before the present one is about to be forgotten: what it let through is decided by it, while it is known.
        catchUp();
        for (const target of message.targets.slice(targetNames.length)) {
          const budget = budgetOfWorker(target.options.budget, config.workers);
          pipeline.deliver.add({ ...target, options: { ...target.options, budget } });
          targetNames.push(target.name);
        }
        ruleCount = message.set.rules.length;
        wanted = message.set.rules[0]?.count ?? Number.POSITIVE_INFINITY;
        pipeline.use(shareOfWorker(message.set, config.workers));
        tell({ kind: "rules_ready", generation: message.set.generation });
        return;
      case "retire":
        for (const index of message.targets) pipeline.deliver.retire(index);
        return;
      case "share":
        pipeline.selection.setShare(message.rule, message.share);
        return;
      case "redaction_key":
        pipeline.useKey(Buffer.from(message.key, "base64"));
        return;
      case "pause":
        pipeline.deliver.pause(message.target, message.paused);
        return;
      case "admitted":
        admissions.answer(message);
        return;
      case "stop":
        void finish(message.graceMs);
        return;
      case "start":
        throw new Error("a payload process is started once");
    }
  };
  process.on("message", heed);
  collectGarbageRegularly();
  const running = loop.run();
}

function leastDelivered(ledgers: readonly { readonly delivered: number }[]): number {
  return Math.min(...ledgers.map((ledger) => ledger.delivered));
}

// Signals of a terminal reach the whole process group; the keeper decides what they mean.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.once("disconnect", () => process.exit());
process.once("message", (message: KeeperMessage) => {
  if (message.kind === "start") start(message.config);
});
