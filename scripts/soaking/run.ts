import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exchange } from "../../src/agent/control/exchange.ts";
import type {
  CaptureLedger,
  RuleLedger,
  SelectionLedger,
  TargetLedger,
} from "../../src/model/ledger.ts";
import { imbalanceOf } from "../../src/report/ledger-json.ts";
import { ADDRESS, createLab, type Lab } from "../../test/lab/lab.ts";
import { faults, firstTarget, runShadowtap, startMirror } from "../../test/lab/mirror.ts";
import { startNginx } from "../../test/lab/nginx.ts";
import { until } from "../../test/lab/wait.ts";
import { createDisturber, type Disturber, startShadow, uploads, writeRules } from "./disturb.ts";
import type { Checkpoint, History, KernelObjects, LoadReport, Sample, Silence } from "./history.ts";
import { createObjectCounter } from "./kernel-objects.ts";
import { type Load, startLoad } from "./load.ts";
import { sampleProcesses } from "./processes.ts";
import { sawAll } from "./verdicts.ts";
import { warmUp } from "./warm-up.ts";

const PORT = 8080;
const SAMPLE_MS = 500;
const SETTLE_MS = 15_000;
const LOOK_MS = 200;

/** What is read here of `shadowtap status -o json`. */
interface Status {
  readonly capture: CaptureLedger & { readonly seen: number };
  readonly selection: SelectionLedger;
  readonly rules: readonly { readonly name: string; readonly ledger: RuleLedger }[];
  readonly targets: readonly { readonly name: string; readonly ledger: TargetLedger }[];
}

export interface SoakOptions {
  readonly durationMs: number;
  /** Between rest points. */
  readonly intervalMs: number;
  /** Is told of every rest point as it is over. */
  onCheckpoint(checkpoint: Checkpoint): void;
}

/** The same load for a while before shadowtap starts, on connections of its own: what latency is held against. */
async function runControl(load: Load, durationMs: number): Promise<LoadReport> {
  load.run();
  await delay(durationMs);
  const report = await load.rest();
  await load.stop();
  return report;
}

/** One interval's disturbances: every second time the shadow restarts, else its target is paused. */
async function disturb(disturber: Disturber, intervalMs: number, turn: number): Promise<void> {
  await delay(intervalMs * 0.2);
  await disturber.reload();
  await delay(intervalMs * 0.2);
  if (turn % 2 === 0) await disturber.restart();
  else await disturber.pause(Math.min(2_000, intervalMs * 0.1));
}

/** Runs a soak in a lab of its own, from its beginning to its end. Needs root. */
export async function soak(options: SoakOptions): Promise<History> {
  const lab = await createLab();
  try {
    return await soakIn(lab, options);
  } finally {
    await lab[Symbol.asyncDispose]();
  }
}

async function soakIn(
  lab: Lab,
  { durationMs, intervalMs, onCheckpoint }: SoakOptions,
): Promise<History> {
  const makeWritable = (dir: string) => {
    mkdirSync(dir);
    chmodSync(dir, 0o777);
  };
  const server = { log: false, server: uploads(lab, makeWritable) };
  const live = await startNginx(lab, lab.live, { port: PORT, ...server });
  const shadow = { port: PORT, location: uploads(lab, makeWritable) };
  const firstShadow = await startShadow({ lab, shadow });
  const client = () => startLoad(lab.client, `http://${ADDRESS.live.v4}:${PORT}`);
  const control = await runControl(client(), Math.min(30_000, Math.max(3_000, durationMs / 10)));
  const load = client();

  const target = `http://${ADDRESS.shadow.v4}:${PORT}`;
  const rulesFile = join(lab.dir, "rules.yaml");
  const adminSocket = join(lab.dir, "admin.sock");
  writeRules(rulesFile, PORT, target, 0);
  const servedBefore = await live.count();
  const args = ["-c", rulesFile, "--admin-socket", adminSocket];
  const mirror = await startMirror(lab, lab.live, args, "run");
  // It comes a moment after capture is live.
  await until(
    () => existsSync(adminSocket),
    10_000,
    () => `there is no admin socket: ${mirror.program.stderr()}`,
  );
  const keeper = mirror.program.pid;
  const objects = createObjectCounter(keeper);
  const startedAt = new Date();
  const start = performance.now();
  const elapsedMs = () => performance.now() - start;
  const run = { lab, host: lab.live, rulesFile, adminSocket, target, shadow, elapsedMs };
  const disturber = createDisturber(run, firstShadow, PORT);
  const samples: Sample[] = [];
  const silences: Silence[] = [];
  let isSampling = true;
  const ask = () => exchange(adminSocket, { kind: "status" });
  async function sample(): Promise<void> {
    const answer = await ask();
    if (!answer.ok || answer.status === undefined) throw new Error("the answer holds no status");
    const { loopLagMs } = answer.status.governor;
    samples.push({ atMs: elapsedMs(), processes: sampleProcesses(keeper), loopLagMs });
  }
  const orSilence = (question: Promise<unknown>) =>
    question.catch((error: unknown) => {
      silences.push({ atMs: elapsedMs(), message: String(error) });
    });
  const sampling = (async () => {
    for (; isSampling; await delay(SAMPLE_MS)) await orSilence(sample());
  })();

  async function status(): Promise<Status> {
    const words = ["status", "-o", "json", "--admin-socket", adminSocket];
    const { code, stdout, stderr } = await runShadowtap(lab.live, words);
    if (code !== 0)
      throw new Error(`status ended with ${code}: ${stderr}${mirror.program.stderr()}`);
    return JSON.parse(stdout) as Status;
  }

  /**
   * The ledger once it holds all that was served and no longer changes, or as it is when it has not come to rest in time: what
   * payload processes know is up to three seconds old.
   */
  async function settled(served: number): Promise<{ last: Status; imbalance: readonly string[] }> {
    const deadline = elapsedMs() + SETTLE_MS;
    let last = await status();
    for (;;) {
      await delay(LOOK_MS);
      const next = await status();
      const ledger = ({ capture, targets }: Status) => JSON.stringify([capture, targets]);
      const imbalance = imbalanceOf(next);
      const isAtRest = imbalance.length === 0 && ledger(last) === ledger(next);
      const isComplete = sawAll({ seen: next.capture.seen, served, capture: next.capture });
      if ((isAtRest && isComplete) || elapsedMs() > deadline) return { last: next, imbalance };
      last = next;
    }
  }

  const checkpoints: Checkpoint[] = [];

  /** The kernel frees a map some time after its last user has gone: what is more than ever before gets that time. */
  async function countObjects(): Promise<KernelObjects> {
    const least = Math.min(...checkpoints.map((one) => one.objects.maps));
    const deadline = elapsedMs() + SETTLE_MS;
    let counted = objects.count();
    while (checkpoints.length > 0 && counted.maps > least && elapsedMs() < deadline) {
      await delay(LOOK_MS);
      counted = objects.count();
    }
    return counted;
  }

  const warmUpLoads = await warmUp(
    { startLoad: client, ask: () => orSilence(ask()), reload: disturber.reload },
    durationMs,
  );
  while (elapsedMs() < durationMs) {
    const turn = checkpoints.length;
    load.run();
    const over = delay(intervalMs);
    await disturb(disturber, intervalMs, turn);
    await over;
    const report = await load.rest();
    const served = (await live.count()) - servedBefore;
    const { last, imbalance } = await settled(served);
    const [copies] = last.targets;
    if (copies === undefined) throw new Error("a status without targets");
    const checkpoint: Checkpoint = {
      atMs: elapsedMs(),
      load: report,
      served,
      seen: last.capture.seen,
      capture: last.capture,
      target: copies.ledger,
      imbalance,
      processes: sampleProcesses(keeper),
      objects: await countObjects(),
    };
    checkpoints.push(checkpoint);
    onCheckpoint(checkpoint);
  }
  isSampling = false;
  await sampling;
  const tookMs = elapsedMs();
  const { code, summary, stderr } = await mirror.stop();
  return {
    startedAt,
    durationMs: tookMs,
    intervalMs,
    control,
    warmUpLoads,
    samples,
    checkpoints,
    disturbances: disturber.done,
    silences,
    end: {
      exitCode: code,
      imbalance: faults(summary),
      seen: summary.ledger.capture.seen,
      served: (await live.count()) - servedBefore,
      delivered: firstTarget(summary).delivered,
      cpuSeconds: summary.cost.cpu_seconds.keeper + summary.cost.cpu_seconds.payload,
      leftBehind: objects.countLeftBehind(),
      stderr,
    },
  };
}
