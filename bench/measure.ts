import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { added, type LoadedProgram, loadedPrograms } from "../test/lab/bpf.ts";
import { ADDRESS, type Lab } from "../test/lab/lab.ts";
import { full, type LoadResult, paced } from "../test/lab/load.ts";
import { type Nginx, startNginx } from "../test/lab/nginx.ts";
import { type Contender, PORT } from "./contenders.ts";
import { treeCpuSeconds, treeMemory } from "./process-tree.ts";

const WARM_UP_SECONDS = 2;
/**
 * The shadow answers without a body: NGINX's mirror closes the connection to the shadow at the first byte of one, and runs out
 * of local ports within seconds at 10,000 requests a second.
 */
const ANSWER = "return 200;";
const STATISTICS = "/proc/sys/kernel/bpf_stats_enabled";

/** Requests per second over all connections, or as many as go. */
export type Rate = number | "full";

/** One run of one contender at one rate. NaN where something was not measured. */
export interface Sample {
  readonly live: LoadResult;
  readonly delivered: number;
  /** Requests that the live nginx counted and the shadow never did. */
  readonly lost: number;
  /** Requests of the whole run that the mirror's own ledger does not know of; NaN for a mirror without one. */
  readonly uncounted: number;
  /** CPU of the mirror's own processes, µs a delivered request. */
  readonly mirrorCpuUs: number;
  /** CPU of the live nginx, µs a request. */
  readonly nginxCpuUs: number;
  readonly kernelNsPerPacket: number;
  readonly peakBytes: number;
  readonly ringBytes: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
}

/** Resolves when the shadow's count has stood still for a while: everything on its way has arrived. */
export async function settledCount(shadow: Nginx): Promise<number> {
  let count = await shadow.count();
  for (;;) {
    await delay(300);
    const now = await shadow.count();
    if (now === count) return count;
    count = now;
  }
}

function runLoad(
  lab: Lab,
  { rate, connections }: Conditions,
  seconds: number,
): Promise<LoadResult> {
  const load = { url: `http://${ADDRESS.live.v4}:${PORT}/`, connections, seconds };
  return rate === "full"
    ? full(lab, lab.client, load)
    : paced(lab, lab.client, { ...load, requestsPerSecond: rate });
}

/** Kernel time of the programs that were loaded since `before`, in ns a run, while `work` runs. */
export async function kernelNsPerRun(
  before: readonly LoadedProgram[],
  work: () => Promise<unknown>,
): Promise<number> {
  const setting = readFileSync(STATISTICS, "latin1");
  writeFileSync(STATISTICS, "1");
  const sum = (programs: readonly LoadedProgram[]) =>
    programs.reduce(
      ({ ns, runs }, program) => ({ ns: ns + program.runTimeNs, runs: runs + program.runs }),
      { ns: 0, runs: 0 },
    );
  try {
    const start = sum(added(before, loadedPrograms()));
    await work();
    const end = sum(added(before, loadedPrograms()));
    return (end.ns - start.ns) / (end.runs - start.runs);
  } finally {
    writeFileSync(STATISTICS, setting);
  }
}

/** How one row is measured. */
export interface Conditions {
  readonly rate: Rate;
  readonly seconds: number;
  readonly connections: number;
}

/** Runs one contender once: warm-up, measured load, then a short load with the kernel's own statistics on. */
export async function measure(
  lab: Lab,
  contender: Contender,
  conditions: Conditions,
): Promise<Sample> {
  const { seconds } = conditions;
  const before = loadedPrograms();
  const live = await startNginx(lab, lab.live, { port: PORT, log: false, ...contender.nginx });
  const shadow = await startNginx(lab, lab.shadow, { port: PORT, log: false, location: ANSWER });
  const mirror = await contender.start(lab);
  const { pid } = mirror;
  const mirrorCpu = () => (pid === undefined ? Number.NaN : treeCpuSeconds(pid));

  await runLoad(lab, conditions, WARM_UP_SECONDS);
  const countBefore = await settledCount(shadow);
  const liveBefore = await live.count();
  const mirrorBefore = mirrorCpu();
  const nginxBefore = treeCpuSeconds(live.program.pid);
  const result = await runLoad(lab, conditions, seconds);
  const delivered = (await settledCount(shadow)) - countBefore;
  const offered = (await live.count()) - liveBefore;
  const mirrorSeconds = mirrorCpu() - mirrorBefore;
  const nginxSeconds = treeCpuSeconds(live.program.pid) - nginxBefore;
  const memory = pid === undefined ? undefined : treeMemory(pid);
  const isOurs = added(before, loadedPrograms()).length > 0;
  const kernelNs = isOurs
    ? await kernelNsPerRun(before, () => runLoad(lab, conditions, 1))
    : Number.NaN;

  const summary = await mirror.stop();
  const total = await live.count();
  await Promise.all([live.program.stop(), shadow.program.stop()]);
  const mirrors = pid !== undefined || contender.insideNginx === true;
  return {
    live: result,
    delivered: mirrors ? delivered : Number.NaN,
    lost: mirrors ? offered - delivered : Number.NaN,
    uncounted: summary === undefined ? Number.NaN : total - summary.ledger.capture.seen,
    mirrorCpuUs: (mirrorSeconds * 1e6) / delivered,
    nginxCpuUs: (nginxSeconds * 1e6) / offered,
    kernelNsPerPacket: kernelNs,
    peakBytes: memory?.peakBytes ?? Number.NaN,
    ringBytes: memory?.ringBytes ?? Number.NaN,
    delayP50Ms: summary?.delay?.p50_ms ?? Number.NaN,
    delayP99Ms: summary?.delay?.p99_ms ?? Number.NaN,
  };
}
