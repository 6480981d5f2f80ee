import { findListeners } from "../capture/listeners.ts";
import { createCleanup } from "../model/cleanup.ts";
import { planJson } from "../report/plan-json.ts";
import { formatPlan } from "../report/plan-text.ts";
import { detectStyle } from "../report/style.ts";
import { loadCapturedRun, planCapture } from "./captured-run.ts";
import { createConsole } from "./console.ts";
import { createLiveRules } from "./live-rules.ts";
import { listenerText, noticeText, startText } from "./notices.ts";
import type { PlanOptions } from "./options.ts";
import { payloadConfigs, startPayloadPool } from "./payload-pool.ts";
import { planReport } from "./plan/report.ts";
import { payloadUser } from "./privileges.ts";
import { keyText, readRedactionKey } from "./redaction-key.ts";
import { portsOf } from "./rule-set.ts";
import { captureOf } from "./run-summary.ts";
import { createStopSignal } from "./stop-signal.ts";
import { watchRun } from "./watch-run.ts";

const DRAIN_GRACE_MS = 2_000;

/** Looks at live traffic as `mirror` would, sends nothing, and says what would be mirrored. Resolves when its time is over. */
export async function plan(options: PlanOptions): Promise<void> {
  // Without targets nothing can be sent, whatever else goes wrong.
  const config = {
    ...options.config,
    rules: options.config.rules.map((rule) => ({ ...rule, targets: [] })),
  };
  const where = planCapture(config);
  const cleanup = createCleanup();
  const screen = createConsole("none");
  const stop = createStopSignal(true);
  cleanup.defer(() => stop.dispose());
  try {
    const run = await loadCapturedRun(config.capture, where, cleanup);
    const { capture, scope } = run;
    const said = new Set<string>();
    const pool = startPayloadPool(
      payloadConfigs(config.capture.workers, {
        ringBytes: run.ringBytes,
        planning: true,
        output: "none",
        redactionKey: keyText(readRedactionKey(config.redactionKeyFile)),
        user: payloadUser(config.guard.user),
      }),
      capture,
      {
        onNotice(notice, server) {
          const line = noticeText(notice, server);
          if (!said.has(line)) screen.say(line);
          said.add(line);
        },
        onTargetState() {},
        onResolved: () => [],
        onStdoutClosed() {},
        onReport() {},
      },
    );
    cleanup.defer(() => pool.kill());
    const rules = createLiveRules(capture, pool, run.registry, config);
    await Promise.race([rules.use(config, async () => {}), pool.died]);
    capture.attach();
    const { attachments } = capture;
    const startedMs = performance.now();
    const listeners = findListeners(scope, portsOf(rules.set.rules));
    for (const line of startText(rules.set, [], scope, attachments, where.plan.reason, listeners))
      screen.say(line);
    const watch = watchRun({
      durationMs: options.durationMs,
      scope,
      rules,
      pool,
      capture,
      screen,
      stop,
      startedMs,
      refresh: run.refresh,
    });
    cleanup.defer(() => watch.dispose());
    const death = await Promise.race([stop.asked, pool.died.catch((error: unknown) => error)]);
    watch.dispose();
    const durationMs = performance.now() - startedMs;
    capture.detach();
    const reports = await pool.stop(DRAIN_GRACE_MS);
    if (death !== undefined) throw death;
    const tallies = reports.map((report) => report.plan).filter((tally) => tally !== undefined);
    const report = planReport(tallies, {
      durationMs,
      hook: where.plan.hook,
      listeners: listeners.map(listenerText),
      capture: captureOf(reports, capture.counters.all()),
      rules: rules.set.rules.map(({ name }) => name),
      top: options.top,
    });
    process.stdout.write(
      options.output === "json"
        ? planJson(report)
        : formatPlan(report, detectStyle(process.stdout, process.env)),
    );
  } finally {
    cleanup.run();
  }
}
