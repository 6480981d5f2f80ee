import { rmSync } from "node:fs";
import { requireOwners } from "../capture/hook-plan.ts";
import { findListeners } from "../capture/listeners.ts";
import { type Cleanup, createCleanup } from "../model/cleanup.ts";
import { ShadowtapError } from "../model/errors.ts";
import type { RuleSet } from "../model/rule.ts";
import type { RunConfig } from "../model/run-config.ts";
import { formatPercent } from "../report/quantity.ts";
import { detectStyle } from "../report/style.ts";
import { summaryJson } from "../report/summary-json.ts";
import { formatSummary } from "../report/summary-text.ts";
import { loadCapturedRun, planCapture } from "./captured-run.ts";
import { createConsole } from "./console.ts";
import { startControl } from "./control/server.ts";
import { govern } from "./govern.ts";
import { createLiveRules } from "./live-rules.ts";
import { createLiveTargets } from "./live-targets.ts";
import { listenerText, startText } from "./notices.ts";
import type { RunOptions } from "./options.ts";
import { payloadConfigs, startPayloadPool } from "./payload-pool.ts";
import { createPoolHooks, type Keeper } from "./pool-hooks.ts";
import { createReloads } from "./reload.ts";
import { ownerRules } from "./resolve-origin.ts";
import { portsOf } from "./rule-set.ts";
import { requireWritable, writeOutput } from "./run-files.ts";
import { runStatus } from "./run-status.ts";
import { summarise } from "./run-summary.ts";
import { createStopSignal } from "./stop-signal.ts";
import { ownVersion } from "./version.ts";
import { watchRun } from "./watch-run.ts";

/** Beyond the timeout of what is in flight, time to read what the ring still holds. */
const DRAIN_GRACE_MS = 2_000;

/**
 * The main job: captures, mirrors, and says at the end where every request went. Resolves when the run is over,
 * because it was asked to end; rejects with a ShadowtapError when it could not start or go on. Whatever happens,
 * nothing of it stays attached.
 */
export async function mirror(options: RunOptions): Promise<void> {
  const { config } = options;
  const where = planCapture(config);
  requireWritable("--summary-file", options.summaryFile);
  requireWritable("--ready-file", options.readyFile);
  requireWritable("--pid-file", options.pidFile);

  const cleanup = createCleanup();
  const screen = createConsole(options.output);
  const stop = createStopSignal(options.reload === undefined);
  cleanup.defer(() => stop.dispose());
  try {
    const run = await loadCapturedRun(config.capture, where, cleanup);
    const { capture, plan, registry, scope } = run;
    const pool = startPayloadPool(
      payloadConfigs(config.capture.workers, {
        ringBytes: run.ringBytes,
        planning: false,
        output: options.output,
      }),
      capture,
      createPoolHooks(() => keeper),
    );
    cleanup.defer(() => pool.kill());
    const targets = createLiveTargets(capture, scope, registry, pool.tell);
    const rules = createLiveRules(capture, pool, registry, config);
    const check = async (set: RuleSet) => {
      requireOwners(plan, ownerRules(set.rules));
      await targets.check(set);
    };
    const keeper: Keeper = { say: screen.say, ask: stop.ask, targets, rules, registry };
    await Promise.race([rules.use(config, check), pool.died]);

    const attachments = capture.attach();
    const startedAt = new Date();
    const startedMs = performance.now();
    const cpuAtStart = process.cpuUsage();
    const listeners = findListeners(scope, portsOf(rules.set.rules));
    const targetNames = registry.targets.map(({ name }) => name);
    for (const line of startText(
      rules.set,
      targetNames,
      scope,
      attachments,
      plan.reason,
      listeners,
    ))
      screen.say(line);
    if (!capture.scans)
      screen.say(
        "This kernel, or the capabilities given, do not let programs look into requests: conditions on requests cost user-space CPU.",
      );
    publishFiles(options, cleanup);

    const governance = govern(config.limits, capture, pool, screen.say);
    cleanup.defer(() => governance[Symbol.dispose]());
    const reloads = createReloads({
      read: options.reload,
      file: options.configFile,
      watched: options.watchConfig,
      say: screen.say,
      use: (next) => rules.use(withinRun(next, rules.config), check),
    });
    cleanup.defer(() => reloads[Symbol.dispose]());
    const control = await startControl(options.adminSocket, {
      status: () =>
        runStatus({
          version: ownVersion(),
          command: options.command,
          configFile: options.configFile,
          startedAt,
          startedMs,
          hook: plan.hook,
          attachments,
          listeners: listeners.map(listenerText),
          rules,
          registry,
          pool,
          capture,
          breakers: targets.breakers,
          paused: targets.paused,
          governance,
          reloads,
        }),
      pause: targets.pause,
      setShare(rule, share) {
        rules.setShare(rule, share);
        const line = `Rule ${rule} is at ${formatPercent(share)} now.`;
        screen.say(line);
        return line;
      },
      reload: reloads.reload,
      stop() {
        stop.ask();
        return "Stopping.";
      },
    });
    cleanup.defer(() => control[Symbol.dispose]());
    if (control.reason !== undefined) screen.say(control.reason);

    const watch = watchRun({
      durationMs: options.durationMs,
      scope,
      rules,
      pool,
      capture,
      screen,
      stop,
      startedMs,
      onLook: run.refreshAddresses,
    });
    cleanup.defer(() => watch.dispose());
    const death = await Promise.race([stop.asked, pool.died.catch((error: unknown) => error)]);
    watch.dispose();
    const durationMs = performance.now() - startedMs;

    // Detach first: from here on the live service runs as if we had never been.
    capture.detach();
    const reports = await pool.stop(longestTimeoutMs(rules.config) + DRAIN_GRACE_MS);
    const summary = summarise(reports, {
      set: rules.set,
      targets: registry.targets,
      startedAt,
      cpuAtStart,
      durationMs,
      hook: plan.hook,
      listeners: listeners.map(listenerText),
      counters: capture.counters.all(),
      ringBytes: run.ringBytes * config.capture.workers,
      kernelSeconds: capture.kernelSeconds(),
      governor: governance.status,
      reloads,
    });
    screen.sayRaw(formatSummary(summary, detectStyle(process.stderr, process.env)));
    if (options.summaryFile !== undefined)
      writeOutput("--summary-file", options.summaryFile, summaryJson(summary));
    if (death !== undefined) throw death;
  } finally {
    cleanup.run();
  }
}

/** What a reload may not change, because the programs are attached already. */
function withinRun(next: RunConfig, now: RunConfig): RunConfig {
  for (const [what, of] of FIXED)
    if (JSON.stringify(of(next)) !== JSON.stringify(of(now)))
      throw new ShadowtapError(
        "ST_CONFIG_INVALID",
        `\`${what}\` has changed, and cannot while it runs.`,
        [
          "Undo that change, or start again: rules, targets and matching can be changed at any time.",
        ],
      );
  return next;
}

const FIXED: readonly (readonly [what: string, of: (config: RunConfig) => unknown])[] = [
  ["capture", ({ capture }) => capture],
  ["limits", ({ limits }) => limits],
];

function longestTimeoutMs({ rules }: RunConfig): number {
  return Math.max(
    0,
    ...rules.flatMap(({ targets }) => targets.map(({ options }) => options.timeoutMs)),
  );
}

function publishFiles(options: RunOptions, cleanup: Cleanup): void {
  const publish = (flag: string, path: string | undefined) => {
    if (path === undefined) return;
    writeOutput(flag, path, `${process.pid}\n`);
    cleanup.defer(() => rmSync(path, { force: true }));
  };
  publish("--pid-file", options.pidFile);
  publish("--ready-file", options.readyFile);
}
