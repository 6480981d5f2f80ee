/**
 * What selecting costs: one request in a hundred, by header and by uid, against mirroring everything; ten times more traffic that
 * nobody asked for; 64 rules against one; shares against what was asked. CPU is of shadowtap's own processes, above what they take
 * when nothing happens; what its programs cost the kernel is printed beside it. Runs are interleaved, so that a machine that slows
 * down slows all.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { loadedPrograms } from "../test/lab/bpf.ts";
import { ADDRESS, createLab, type Lab } from "../test/lab/lab.ts";
import { paced } from "../test/lab/load.ts";
import { type MirrorSummary, startMirror } from "../test/lab/mirror.ts";
import { startNginx } from "../test/lab/nginx.ts";
import { PORT, SHADOW } from "./contenders.ts";
import { kernelNsPerRun } from "./measure.ts";
import { treeCpuSeconds } from "./process-tree.ts";
import { untilQuiet } from "./quiet.ts";
import { formatTable, median, spread } from "./table.ts";

/** Served by another user's nginx: the hundredth request. */
const OTHER_PORT = 8081;
const OTHER_USER = "daemon";
const WANTED_HEADER = "x-user-id: 42";
/** What is rare would be run by the interpreter for minutes before it is compiled. */
const WARM_UP_RATE = 2_000;
const WARM_UP_SECONDS = 3;
/** Until V8's own garbage collections after a load are over: what is spent then, with nothing to do, is the idle floor. */
const SETTLE_SECONDS = 10;
/** Until what runs a hundred times a second is compiled: after 45 s, V8 still spends 4 ms a second on that, after 240 s none. */
const STEADY_SECONDS = 240;
/** With the kernel's own statistics on, which cost something themselves. */
const STATISTICS_SECONDS = 2;
/** Until the load begins, and before it ends. */
const SPARE_SECONDS = 5;
/** As many for what is wanted as for the rest: it is spread over all clients. */
const CONNECTIONS = 16;
/** Requests a second of which the hundredth is wanted; and a tenth of that, with as many wanted. */
const MANY = 10_000;
const FEW = 1_000;
const WANTED = 100;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    repeat: { type: "string", default: "1" },
  },
});
const seconds = Number(values.seconds);

interface Case {
  readonly name: string;
  readonly flags: readonly string[];
  /** Requests a second without and with what is wanted. */
  readonly rest: number;
  readonly wanted: number;
  /** Whether what is wanted is told by the header, or by who serves it. */
  readonly by: "header" | "uid";
}

const ONE_PORT = ["--port", String(PORT)];
const BY_HEADER = [...ONE_PORT, "--header", WANTED_HEADER];
const BY_UID = [...ONE_PORT, "--port", String(OTHER_PORT), "--uid", OTHER_USER];
const EVERYTHING: Case = {
  name: "everything",
  flags: ONE_PORT,
  rest: MANY - WANTED,
  wanted: WANTED,
  by: "header",
};
const CASES: readonly Case[] = [
  EVERYTHING,
  { ...EVERYTHING, name: "1 in 100 by header", flags: BY_HEADER },
  { ...EVERYTHING, name: "1 in 100 by uid", flags: BY_UID, by: "uid" },
  { ...EVERYTHING, name: "by header, a tenth of the rest", flags: BY_HEADER, rest: FEW - WANTED },
];

interface Sample {
  /** Percent of a core above the idle floor of the same process. */
  readonly percent: number;
  readonly delivered: number;
  readonly nsPerPacket: number;
}

function load(lab: Lab, { rest, wanted, by }: Case, forSeconds: number): Promise<unknown> {
  const url = `http://${ADDRESS.live.v4}`;
  const wantedLoad =
    by === "header"
      ? { url: `${url}:${PORT}/`, headers: [WANTED_HEADER] }
      : { url: `${url}:${OTHER_PORT}/` };
  return Promise.all([
    paced(lab, lab.client, {
      url: `${url}:${PORT}/`,
      connections: CONNECTIONS,
      requestsPerSecond: rest,
      seconds: forSeconds,
    }),
    paced(lab, lab.client, {
      ...wantedLoad,
      connections: CONNECTIONS,
      requestsPerSecond: wanted,
      seconds: forSeconds,
    }),
  ]);
}

async function run(lab: Lab, one: Case): Promise<Sample> {
  await untilQuiet();
  const before = loadedPrograms();
  const mirror = await startMirror(lab, lab.live, [...one.flags, "--to", `http://${SHADOW}`]);
  const percentOfCore = async () => {
    const start = treeCpuSeconds(mirror.program.pid);
    await delay(seconds * 1_000);
    return ((treeCpuSeconds(mirror.program.pid) - start) / seconds) * 100;
  };
  await load(lab, { ...one, wanted: WARM_UP_RATE }, WARM_UP_SECONDS);
  const measure = async () => {
    await delay(STEADY_SECONDS * 1_000);
    const busy = await percentOfCore();
    const nsPerPacket = await kernelNsPerRun(before, () => delay(STATISTICS_SECONDS * 1_000));
    return { busy, nsPerPacket };
  };
  // In the midst of a load: its start opens as many connections as requests are wanted in a third of a second.
  const [{ busy, nsPerPacket }] = await Promise.all([
    measure(),
    load(lab, one, STEADY_SECONDS + seconds + STATISTICS_SECONDS + SPARE_SECONDS),
  ]);
  await delay(SETTLE_SECONDS * 1_000);
  const idle = await percentOfCore();
  const { summary } = await mirror.stop();
  return { percent: busy - idle, delivered: delivered(summary), nsPerPacket };
}

function delivered({ ledger }: MirrorSummary): number {
  if (ledger.imbalance.length > 0)
    throw new Error(`the ledger is off: ${ledger.imbalance.join("; ")}`);
  return ledger.targets.reduce((sum, target) => sum + target.delivered, 0);
}

async function compareCases(lab: Lab): Promise<void> {
  const samples = CASES.map((): Sample[] => []);
  for (let turn = 0; turn < Number(values.repeat); turn++)
    for (const [index, one] of CASES.entries()) samples[index]?.push(await run(lab, one));
  const percents = samples.map((of) => median(of.map(({ percent }) => percent)));
  const rows = CASES.map((one, index) => {
    const of = samples[index] ?? [];
    return [
      one.name,
      String(one.rest + one.wanted),
      spread(
        of.map((sample) => sample.delivered),
        0,
      ),
      spread(
        of.map((sample) => sample.percent),
        2,
      ),
      ((percents[index] ?? 0) / (percents[0] ?? 0)).toFixed(3),
      spread(
        of.map((sample) => sample.nsPerPacket),
        0,
      ),
    ];
  });
  const headings = ["", "req/s", "delivered", "% of a core", "of everything", "kernel ns/pkt"];
  console.log(formatTable([headings, ...rows]));
  const ratio = (percents[1] ?? 0) / (percents[3] ?? 0);
  console.log(`ten times more that is not wanted: ${ratio.toFixed(2)} times the CPU`);
}

/** Packets of a port that 1 rule, and then 64 rules, look at and leave out by their headers. */
async function compareRules(lab: Lab): Promise<void> {
  const file = `${lab.dir}/rules.yaml`;
  const nsBy = new Map<number, number[]>([
    [1, []],
    [64, []],
  ]);
  for (let turn = 0; turn < Number(values.repeat); turn++)
    for (const [count, of] of nsBy) {
      writeFileSync(file, rulesFile(count));
      const before = loadedPrograms();
      const mirror = await startMirror(lab, lab.live, ["-c", file], "run");
      const ns = await kernelNsPerRun(before, () => load(lab, EVERYTHING, 3));
      await mirror.stop();
      of.push(ns);
    }
  for (const [count, of] of nsBy)
    console.log(`${count} rules by header: ${spread(of, 0)} ns a packet in the kernel`);
}

function rulesFile(count: number): string {
  const mirrors = Array.from(
    { length: count },
    (_, i) => `  - name: r${i}
    from: { ports: [${PORT}] }
    match: [{ headers: [{ name: x-user-id, value: "${1_000_000 + i}" }] }]
    to: [{ url: "http://${SHADOW}" }]
`,
  );
  return `apiVersion: shadowtap.dev/v1alpha1\nkind: MirrorConfig\nmirrors:\n${mirrors.join("")}`;
}

/** Shares drawn for each request, against what was asked: how many standard deviations they are off. */
async function compareShares(lab: Lab): Promise<void> {
  for (const percent of [50, 10, 1, 0.1]) {
    const flags = [...ONE_PORT, "--percent", String(percent), "--to", `http://${SHADOW}`];
    const mirror = await startMirror(lab, lab.live, flags);
    await load(lab, EVERYTHING, seconds);
    const { ledger } = (await mirror.stop()).summary;
    const got = ledger.rule.offered;
    // What was shed was shed before it was drawn.
    const drawn = got + ledger.rule.sampled_out + ledger.capture.skipped.sampled_out;
    const share = percent / 100;
    const asked = drawn * share;
    const deviations = (got - asked) / Math.sqrt(asked * (1 - share));
    console.log(
      `${percent} % of ${drawn}: ${got} mirrored, ${asked.toFixed(0)} asked, ${deviations.toFixed(1)} standard deviations off`,
    );
  }
}

const lab = await createLab();
try {
  await startNginx(lab, lab.live, { port: PORT, log: false });
  await startNginx(lab, lab.live, { port: OTHER_PORT, log: false, user: OTHER_USER });
  await startNginx(lab, lab.shadow, { port: PORT, log: false, location: "return 200;" });
  await compareCases(lab);
  await compareRules(lab);
  await compareShares(lab);
} finally {
  await lab[Symbol.asyncDispose]();
}
