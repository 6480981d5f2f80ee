import { requireOwners } from "../capture/hook-plan.ts";
import { findListeners } from "../capture/listeners.ts";
import type { Cleanup } from "../model/cleanup.ts";
import type { AuditTrail } from "./audit/trail.ts";
import { type CapturedRun, loadCapturedRun, type planCapture } from "./captured-run.ts";
import type { Console } from "./console.ts";
import { type CheckRules, createLiveRules, type LiveRules } from "./live-rules.ts";
import { createLiveTargets, type LiveTargets } from "./live-targets.ts";
import { startText } from "./notices.ts";
import type { RunOptions } from "./options.ts";
import { type PayloadPool, payloadConfigs, startPayloadPool } from "./payload-pool.ts";
import { createPoolHooks, type Keeper } from "./pool-hooks.ts";
import { payloadUser } from "./privileges.ts";
import { keyText, readRedactionKey } from "./redaction-key.ts";
import { ownerRules } from "./resolve-origin.ts";
import { portsOf } from "./rule-set.ts";
import type { StopSignal } from "./stop-signal.ts";

/** What a run is given by the command that starts it. */
export interface RunSetting {
  readonly options: RunOptions;
  readonly screen: Console;
  readonly stop: StopSignal;
  readonly audit: AuditTrail;
  readonly cleanup: Cleanup;
}

/** A run with its rules in force in kernel and payload processes, and nothing captured yet. */
export interface PreparedRun extends RunSetting, CapturedRun {
  readonly pool: PayloadPool;
  readonly targets: LiveTargets;
  readonly rules: LiveRules;
  readonly check: CheckRules;
  /** What the payload processes began with. */
  readonly redactionKey: Uint8Array;
}

/** A run that captures. */
export interface LiveRun extends PreparedRun {
  readonly listeners: ReturnType<typeof findListeners>;
  readonly startedAt: Date;
  readonly startedMs: number;
  /** The keeper's: loading is no part of what mirroring costs. */
  readonly cpuAtStart: NodeJS.CpuUsage;
}

/** Loads the programs, starts the payload processes, and gives both their rules. */
export async function prepareRun(
  setting: RunSetting,
  where: ReturnType<typeof planCapture>,
): Promise<PreparedRun> {
  const { screen, stop, audit, cleanup } = setting;
  const { config, output } = setting.options;
  const user = payloadUser(config.guard.user);
  const redactionKey = readRedactionKey(config.redactionKeyFile);
  const run = await loadCapturedRun(config.capture, where, cleanup);
  const { capture, plan, registry, scope, ringBytes } = run;
  const pool = startPayloadPool(
    payloadConfigs(config.capture.workers, {
      ringBytes,
      planning: false,
      output,
      redactionKey: keyText(redactionKey),
      user,
    }),
    capture,
    createPoolHooks(() => keeper),
  );
  cleanup.defer(() => pool.kill());
  const targets = createLiveTargets(capture, scope, registry, pool.tell, screen.say);
  const rules = createLiveRules(capture, pool, registry, config);
  const check: CheckRules = async (set, next) => {
    requireOwners(plan, ownerRules(set.rules));
    await targets.check(set, next);
  };
  const keeper: Keeper = { say: screen.say, ask: stop.ask, targets, rules, registry, audit };
  await Promise.race([rules.use(config, check), pool.died]);
  return { ...setting, ...run, pool, targets, rules, check, redactionKey };
}

/** From here on traffic is captured; says what of it, and where it goes. */
export function attachRun(run: PreparedRun): LiveRun {
  const { capture, plan, registry, scope, rules, screen } = run;
  capture.attach();
  const { attachments } = capture;
  const startedAt = new Date();
  const startedMs = performance.now();
  const cpuAtStart = process.cpuUsage();
  const listeners = findListeners(scope, portsOf(rules.set.rules));
  const names = registry.targets.map(({ name }) => name);
  for (const line of startText(rules.set, names, scope, attachments, plan.reason, listeners))
    screen.say(line);
  if (!capture.scans)
    screen.say(
      "This kernel, or the capabilities given, do not let programs look into requests: conditions on requests cost user-space CPU.",
    );
  return { ...run, listeners, startedAt, startedMs, cpuAtStart };
}
