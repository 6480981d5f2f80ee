import { rmSync } from "node:fs";
import { type Capture, loadCapture } from "../capture/capture.ts";
import { planHook } from "../capture/hook-plan.ts";
import { findLeftovers } from "../capture/leftovers.ts";
import { findListeners } from "../capture/listeners.ts";
import { resolveScope } from "../capture/scope.ts";
import { withinNamespace } from "../kernel/network-namespace.ts";
import { createCleanup } from "../model/cleanup.ts";
import type { Target } from "../model/target.ts";
import { detectStyle } from "../report/style.ts";
import { summaryJson } from "../report/summary-json.ts";
import { formatSummary } from "../report/summary-text.ts";
import { requireCapabilities } from "./capabilities.ts";
import { createConsole } from "./console.ts";
import type { PayloadConfig } from "./messages.ts";
import { listenerText, noticeText, startText } from "./notices.ts";
import type { MirrorOptions } from "./options.ts";
import { startPayloadPool } from "./payload-pool.ts";
import { readInput, requireWritable, writeOutput } from "./run-files.ts";
import { summarise } from "./run-summary.ts";
import { createStopSignal } from "./stop-signal.ts";
import { isCapturable, reachTarget, refuseLiveTarget, resolveTarget } from "./target-check.ts";
import { deliveredToAll, watchRun } from "./watch-run.ts";

/** Beyond the timeout of what is in flight, time to read what the ring still holds. */
const DRAIN_GRACE_MS = 2_000;

/**
 * The main job: captures, mirrors, and says at the end where every request went. Resolves when the run is over,
 * because it was asked to end; rejects with a ShadowtapError when it could not start or go on. Whatever happens,
 * nothing of it stays attached.
 */
export async function mirror(options: MirrorOptions): Promise<void> {
  requireCapabilities();
  requireWritable("--summary-file", options.summaryFile);
  requireWritable("--ready-file", options.readyFile);
  requireWritable("--pid-file", options.pidFile);
  const ca = options.caFile === undefined ? undefined : readInput("--ca", options.caFile);
  const scope = resolveScope(options.scope);
  const plan = planHook(options, scope);
  if (plan.hook === "tc") sweep(plan.namespacePath);
  const targets = await Promise.all(options.targets.map(resolveTarget));
  for (const target of targets) refuseLiveTarget(target, scope, options.ports);
  const trust = { ca, insecure: options.insecure };
  await Promise.all(targets.map((target) => reachTarget(target, trust)));

  const cleanup = createCleanup();
  const screen = createConsole(options.output);
  const stop = createStopSignal();
  cleanup.defer(() => stop.dispose());
  try {
    const ringBytes = ringBytesOf(options);
    const capture = await loadCapture({
      plan,
      ports: options.ports,
      ringCount: options.workers,
      ringBytes,
    });
    cleanup.defer(() => capture[Symbol.dispose]());
    const exclude = (target: Target, addresses: readonly string[]) => {
      for (const address of addresses)
        if (isCapturable(address, target.port, scope, options.ports))
          capture.addTarget(address, target.port);
    };
    for (const { target, addresses } of targets) exclude(target, addresses);

    const pool = startPool(options, ringBytes, ca, capture, {
      say: screen.say,
      ask: stop.ask,
      exclude,
    });
    cleanup.defer(() => pool.kill());
    await Promise.race([pool.ready, pool.died]);

    const attachments = capture.attach();
    const startedAt = new Date();
    const startedMs = performance.now();
    const cpuAtStart = process.cpuUsage();
    const listeners = findListeners(scope, options.ports);
    for (const line of startText(options, scope, attachments, plan.reason, listeners))
      screen.say(line);
    publishFiles(options, cleanup);

    const watch = watchRun({ options, scope, pool, capture, screen, stop, startedMs });
    cleanup.defer(() => watch.dispose());
    const death = await Promise.race([stop.asked, pool.died.catch((error: unknown) => error)]);
    watch.dispose();
    const durationMs = performance.now() - startedMs;

    // Detach first: from here on the live service runs as if we had never been.
    capture.detach();
    const reports = await pool.stop(options.timeoutMs + DRAIN_GRACE_MS);
    const summary = summarise(reports, {
      options,
      startedAt,
      cpuAtStart,
      durationMs,
      hook: plan.hook,
      listeners: listeners.map(listenerText),
      counters: capture.counters.all(),
      ringBytes: ringBytes * options.workers,
    });
    screen.sayRaw(formatSummary(summary, detectStyle(process.stderr, process.env)));
    if (options.summaryFile !== undefined)
      writeOutput("--summary-file", options.summaryFile, summaryJson(summary));
    if (death !== undefined) throw death;
  } finally {
    cleanup.run();
  }
}

/** Removes what a killed run has left at the interfaces, before there is more of it. */
function sweep(namespacePath: string): void {
  for (const leftover of withinNamespace(namespacePath, findLeftovers))
    withinNamespace(namespacePath, () => leftover.remove());
}

/** Bytes of one ring: the largest power of two that keeps all of them within the size asked for. */
function ringBytesOf({ ringBytes, workers }: MirrorOptions): number {
  return 2 ** Math.max(12, Math.floor(Math.log2(ringBytes / workers)));
}

function startPool(
  options: MirrorOptions,
  ringBytes: number,
  ca: string | undefined,
  capture: Capture,
  keeper: {
    say(line: string): void;
    ask(): void;
    exclude(target: Target, addresses: readonly string[]): void;
  },
) {
  const { say, ask } = keeper;
  const said = new Set<string>();
  const style = detectStyle(process.stdout, process.env);
  const config: Omit<PayloadConfig, "ringIndex"> = {
    ringBytes,
    targets: options.targets,
    rule: {
      path: options.path,
      methods: options.methods === "all" ? "all" : [...options.methods],
      percent: options.percent,
      maxRps: options.maxRps === undefined ? undefined : options.maxRps / options.workers,
      count: options.count,
    },
    pipeline: options.pipeline,
    timeoutMs: options.timeoutMs,
    setHeaders: options.setHeaders,
    removeHeaders: options.removeHeaders,
    host: options.host,
    ca,
    insecure: options.insecure,
    output: options.output,
    colour: style.colour,
    unicode: style.unicode,
  };
  const configs = Array.from({ length: options.workers }, (_, ringIndex) => ({
    ...config,
    ringIndex,
  }));
  return startPayloadPool(configs, capture, {
    onNotice(notice, server) {
      const line = noticeText(notice, server);
      if (!said.has(line)) say(line);
      said.add(line);
    },
    onTargetState(targetIndex, state, reason) {
      say(`Target ${options.targets[targetIndex]?.name}: ${state}${reason ? ` (${reason})` : ""}.`);
    },
    onResolved(targetIndex, addresses) {
      const target = options.targets[targetIndex];
      if (target) keeper.exclude(target, addresses);
    },
    onStdoutClosed: ask,
    onReport(reports) {
      const delivered = reports.reduce((sum, report) => sum + deliveredToAll(report.targets), 0);
      if (options.count !== undefined && delivered >= options.count) ask();
    },
  });
}

function publishFiles(options: MirrorOptions, cleanup: { defer(undo: () => void): void }): void {
  const publish = (flag: string, path: string | undefined) => {
    if (path === undefined) return;
    writeOutput(flag, path, `${process.pid}\n`);
    cleanup.defer(() => rmSync(path, { force: true }));
  };
  publish("--pid-file", options.pidFile);
  publish("--ready-file", options.readyFile);
}
