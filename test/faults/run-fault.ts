import { setTimeout as delay } from "node:timers/promises";
import { createLab, type Lab } from "../lab/lab.ts";
import { type Mirror, type MirrorResult, startMirror } from "../lab/mirror.ts";
import type { Exit } from "../lab/process.ts";
import { until } from "../lab/wait.ts";
import { type End, type Fault, mirrorArgs, type Stage } from "./fault.ts";
import { allObjects, tcLists } from "./kernel-objects.ts";
import { type LoadReport, startLiveLoad, startLiveService } from "./live-load.ts";
import { isAlive, type ProcessWatch, watchProcesses } from "./process-watch.ts";
import { judge, type Verdict } from "./verdict.ts";

/** Under load at least, and after the fault at least. */
const LOAD_MS = 2_500;
const AFTERMATH_MS = 1_000;
const GONE_MS = 5_000;

/** Puts one fault beside a live service under load, and says what everybody noticed of it. */
export async function runFault(fault: Fault): Promise<Verdict> {
  const lab = await createLab();
  try {
    await startLiveService(lab);
    const stage = await fault.stage(lab);
    try {
      return await runStage(lab, fault, stage);
    } finally {
      await stage.clear?.();
    }
  } finally {
    await lab[Symbol.asyncDispose]();
  }
}

async function runStage(lab: Lab, fault: Fault, stage: Stage): Promise<Verdict> {
  const listedBefore = await tcLists(lab.live);
  const foreign = withoutOurs(listedBefore);
  const args = [...(stage.args ?? mirrorArgs()), ...(fault.expect.args ?? [])];
  const mirror = await startMirror(lab, lab.live, args, stage.command, stage.through);
  const watch = watchProcesses(mirror.program.pid);
  try {
    const load = await loadDuring(lab, () => stage.inject(mirror));
    watch.look();
    const { exit, result } = await end(mirror, fault);
    const { stderr } = mirror.program;
    const left = await leftovers(lab, watch, foreign);
    const verdict = judge({
      fault,
      otherRequests: stage.otherRequests ?? 0,
      load,
      exit,
      result,
      watch,
      left,
      stderr: stderr(),
    });
    if (verdict.problems.length === 0) await stage.check?.(endOf(load, result, stderr()));
    return verdict;
  } finally {
    watch.stop();
  }
}

async function loadDuring(lab: Lab, inject: () => Promise<unknown>): Promise<LoadReport> {
  const load = startLiveLoad(lab);
  const leastTime = delay(LOAD_MS);
  // Some requests are mirrored before anything happens.
  await delay(AFTERMATH_MS / 2);
  await inject();
  await Promise.all([leastTime, delay(AFTERMATH_MS)]);
  return load.stop();
}

async function end(
  mirror: Mirror,
  { expect }: Fault,
): Promise<{ exit: Exit; result: MirrorResult | undefined }> {
  if (expect.ledger !== "none") {
    const result = await mirror.stop();
    return { exit: result, result };
  }
  return { exit: await mirror.program.stop("SIGTERM", 15_000), result: undefined };
}

function endOf(load: LoadReport, result: MirrorResult | undefined, stderr: string): End {
  return {
    load,
    stderr,
    result() {
      if (result === undefined) throw new Error("the ledger is gone");
      return result;
    },
  };
}

/** What is still there of a shadowtap that has ended, after the kernel had time to let go of it. */
async function leftovers(
  lab: Lab,
  watch: ProcessWatch,
  foreign: readonly string[],
): Promise<readonly string[]> {
  const look = async () => {
    const all = allObjects();
    const listed = await tcLists(lab.live);
    return [
      ...[...watch.pids].filter(isAlive).map((pid) => `process ${pid}`),
      ...[...watch.objects].filter((name) => all.has(name)),
      ...listed.filter((line) => !foreign.includes(line)),
      // What others have attached is not ours to remove.
      ...foreign.filter((line) => !listed.includes(line)).map((line) => `missing: ${line}`),
    ];
  };
  let found: readonly string[] = [];
  await until(
    async () => {
      found = await look();
      return found.length === 0;
    },
    GONE_MS,
    () => "something is left",
  ).catch(() => {
    // It is told by name.
  });
  return found;
}

/** The lists less the filters of shadowtaps, with the chains that they are in. */
function withoutOurs(listed: readonly string[]): readonly string[] {
  const isOurs = (line: string) => /\bst_tc_/.test(line);
  return listed.filter((line, at) => !isOurs(line) && !isOurs(listed[at + 1] ?? ""));
}
