/**
 * What `scripts/vm matrix` runs on each kernel: loads every program, asks doctor, runs the tests given as arguments.
 * With `--emulated` before them, tests whose process crashes are tried again.
 * The last line on standard output is a KernelReport in JSON; what happens meanwhile goes to standard error.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { diagnose } from "../src/agent/doctor.ts";
import { loadEveryProgram } from "./machine/load-programs.ts";
import type { KernelReport, TestRun } from "./machine/matrix-report.ts";
import { readTap } from "./machine/tap-output.ts";

const TEST_LIMIT_MS = 240_000;
const isEmulated = process.argv[2] === "--emulated";
const files = process.argv.slice(isEmulated ? 3 : 2);

function runTests(file: string): Promise<TestRun> {
  return new Promise((resolve, reject) => {
    const flags = ["--test", "--test-reporter=tap", `--test-timeout=${TEST_LIMIT_MS}`];
    const child = spawn(process.execPath, [...process.execArgv, ...flags, file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    child.once("error", reject);
    child.once("close", () => {
      const run = readTap(file, text);
      if (run.failed > 0) process.stderr.write(text);
      resolve(run);
    });
  });
}

function say(what: string): void {
  const [seconds = ""] = readFileSync("/proc/uptime", "latin1").split(" ");
  console.error(`${release()} (up ${Math.round(Number(seconds))} s): ${what}`);
}

say("loading every program");
const loads = await loadEveryProgram();
for (const { hook, refusals } of loads)
  for (const text of refusals) console.error(`${hook} refused: ${text}`);
say("asking doctor");
const { checks } = await diagnose({ targets: [] });
const tests: TestRun[] = [];
for (const file of files) {
  say(file);
  const run = await runTests(file);
  // Emulated processors now and then crash a process; whether it was that shows by trying again, and is told.
  const isRepeated = isEmulated && run.crash !== undefined;
  tests.push(isRepeated ? { ...(await runTests(file)), firstCrash: run.crash } : run);
}
say("done");
const report: KernelReport = { release: release(), loads, checks, tests };
console.log(JSON.stringify(report));
