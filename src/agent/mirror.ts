import { createCleanup } from "../model/cleanup.ts";
import { describeOrigin } from "./audit/describe-origin.ts";
import { describeRules } from "./audit/describe-rules.ts";
import { openAuditTrail } from "./audit/trail.ts";
import { planCapture } from "./captured-run.ts";
import { collectGarbageRegularly } from "./collect-garbage.ts";
import { createConsole } from "./console.ts";
import { guardRun } from "./guard-run.ts";
import { attachRun, type PreparedRun, prepareRun } from "./live-run.ts";
import type { RunOptions } from "./options.ts";
import { startRunControl } from "./run-control.ts";
import { causeOfError, finishRun } from "./run-end.ts";
import { publishProcessId, requireWritable } from "./run-files.ts";
import { requireNoStopFile } from "./stop-file.ts";
import { createStopSignal } from "./stop-signal.ts";
import { watchRun } from "./watch-run.ts";

/**
 * The main job: captures, mirrors, and says at the end where every request went. Resolves when the run is over,
 * because it was asked to end; rejects with a ShadowtapError when it could not start or go on. Whatever happens,
 * nothing of it stays attached.
 */
export async function mirror(options: RunOptions): Promise<void> {
  const where = planCapture(options.config);
  requireNoStopFile(options.config.guard.stopFile);
  requireWritable("--summary-file", options.summaryFile);
  requireWritable("--ready-file", options.readyFile);
  requireWritable("--pid-file", options.pidFile);

  const cleanup = createCleanup();
  const screen = createConsole(options.output);
  const stop = createStopSignal(options.reload === undefined);
  cleanup.defer(() => stop.dispose());
  try {
    const audit = await openAuditTrail(options.auditFile, screen.say);
    cleanup.defer(() => audit.close());
    const run = await prepareRun({ options, screen, stop, audit, cleanup }, where);
    // Nothing is captured before it stands in the trail who wanted it.
    await audit.start(() => ({ ...describeOrigin(), ...describeRules(run.rules.config) }));
    try {
      await runToItsEnd(run);
    } catch (error) {
      await audit.stop(causeOfError(error), null);
      throw error;
    }
  } finally {
    cleanup.run();
  }
}

async function runToItsEnd(prepared: PreparedRun): Promise<void> {
  const { options, cleanup, stop, pool, screen } = prepared;
  const run = attachRun(prepared);
  const guarding = guardRun({
    guard: options.config.guard,
    durationMs: options.durationMs,
    stop,
    say: screen.say,
  });
  cleanup.defer(() => guarding[Symbol.dispose]());
  const collecting = collectGarbageRegularly();
  cleanup.defer(() => collecting[Symbol.dispose]());
  publishProcessId("--pid-file", options.pidFile, cleanup);
  const control = await startRunControl(run);
  // Last, so that whoever waits for it can ask the admin socket at once.
  publishProcessId("--ready-file", options.readyFile, cleanup);
  const watch = watchRun({
    ...run,
    durationMs: options.durationMs,
  });
  cleanup.defer(() => watch.dispose());
  const death = await Promise.race([stop.asked, pool.died.catch((error: unknown) => error)]);
  watch.dispose();
  guarding[Symbol.dispose]();
  await finishRun(run, control, death);
  if (death !== undefined) throw death;
}
