/** The soak: runs it, prints what each check found, and writes the report. Ends with 1 when a check failed. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { renderReport } from "./soaking/report.ts";
import { soak } from "./soaking/run.ts";
import { describeFates, judge } from "./soaking/verdicts.ts";

const USAGE = "usage: scripts/soak --minutes N [--output FILE.html]";
const MIN_MINUTES = 0.25;
const MAX_MINUTES = 7 * 24 * 60;
/** Shorter runs are looked at more often: five points make no curve. */
const LONG_RUN_MINUTES = 10;

function parseOptions(): { readonly minutes: number; readonly output: string | undefined } {
  try {
    const { values } = parseArgs({
      options: { minutes: { type: "string" }, output: { type: "string" } },
    });
    const minutes = Number(values.minutes);
    if (!(minutes >= MIN_MINUTES && minutes <= MAX_MINUTES))
      throw new Error(`--minutes must be a number from ${MIN_MINUTES} to ${MAX_MINUTES}`);
    return { minutes, output: values.output };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(64);
  }
}

const { minutes, output } = parseOptions();
const intervalMs = minutes < LONG_RUN_MINUTES ? 5_000 : 60_000;
const history = await soak({
  durationMs: minutes * 60_000,
  intervalMs,
  onCheckpoint(checkpoint) {
    const { atMs, served, load, processes, imbalance } = checkpoint;
    const sizes = processes.map(
      ({ name, rssBytes }) => `${name} ${Math.round(rssBytes / 2 ** 20)}`,
    );
    const balance = imbalance.length === 0 ? "balances" : imbalance.join("; ");
    console.log(
      `${(atMs / 1_000).toFixed(0).padStart(6)} s  served ${served}, ${describeFates(checkpoint)}; failed ${load.failed}, p99 ${load.p99Ms.toFixed(1)} ms; MiB: ${sizes.join(", ")}; ${balance}`,
    );
  },
});
const verdicts = judge(history);
const SIGNS = { passed: "ok", failed: "FAILED", open: "open" } as const;
console.log();
for (const { name, outcome, sentence } of verdicts)
  console.log(`${SIGNS[outcome].padEnd(8)}${name}: ${sentence}`);
if (output !== undefined) {
  writeFileSync(output, renderReport(history, verdicts));
  console.log(`\nThe report is in ${resolve(output)}.`);
}
if (verdicts.some(({ outcome }) => outcome === "failed")) process.exitCode = 1;
