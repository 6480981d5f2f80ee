/**
 * The main benchmark: what each mirror costs, loses and does to the live service. Three machines in network namespaces
 * (client, live, shadow), nginx on both ends, one table. Runs are interleaved, so that a machine that slows down slows all.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createLab } from "../test/lab/lab.ts";
import { type Contender, nginxMirror, none, peer, shadowtap } from "./contenders.ts";
import { measure, type Rate, type Sample } from "./measure.ts";
import { untilQuiet } from "./quiet.ts";
import { formatTable, median, spread } from "./table.ts";

const USAGE = `usage: scripts/bench [mirror] [options]
  --seconds N          length of each measured load (default 5)
  --connections N      kept-alive connections of the client (default 32)
  --repeat N           runs of each row (default 3)
  --rates LIST         requests a second, or full (default 2000,10000,20000,full)
  --only NAME          only this row; repeatable
  --peer NAME=COMMAND  another mirror; {PORT} and {SHADOW} (host:port) are filled in; repeatable`;

const HEADINGS = [
  "",
  "live req/s",
  "p50 ms",
  "p99 ms",
  "delivered",
  "lost",
  "uncounted",
  "CPU µs/req",
  "kernel ns/pkt",
  "peak MB",
  "ring MB",
  "delay p50 ms",
  "p99 ms",
];

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "32" },
    repeat: { type: "string", default: "3" },
    rates: { type: "string", default: "2000,10000,20000,full" },
    only: { type: "string", multiple: true },
    peer: { type: "string", multiple: true, default: [] },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const rates: Rate[] = values.rates
  .split(",")
  .map((rate) => (rate === "full" ? rate : Number(rate)));
const contenders: Contender[] = [
  none,
  nginxMirror,
  shadowtap("shadowtap"),
  shadowtap("shadowtap --pipeline 64", "--pipeline", "64"),
  ...values.peer.map(peer),
].filter(({ name }) => values.only === undefined || values.only.includes(name));

/** The mirror's CPU: its own processes', or what nginx uses more than in the row without a mirror. */
function cpuUs(contender: Contender, sample: Sample, bareNginxUs: number): number {
  return contender.insideNginx === true ? sample.nginxCpuUs - bareNginxUs : sample.mirrorCpuUs;
}

function row(contender: Contender, samples: readonly Sample[], bareNginxUs: number): string[] {
  const column = (pick: (sample: Sample) => number, digits: number) =>
    spread(samples.map(pick), digits);
  return [
    contender.name,
    column(({ live }) => live.requestsPerSecond, 0),
    column(({ live }) => live.p50Ms, 2),
    column(({ live }) => live.p99Ms, 2),
    column(({ delivered }) => delivered, 0),
    column(({ lost }) => lost, 0),
    column(({ uncounted }) => uncounted, 0),
    column((sample) => cpuUs(contender, sample, bareNginxUs), 1),
    column(({ kernelNsPerPacket }) => kernelNsPerPacket, 0),
    column(({ peakBytes, ringBytes }) => (peakBytes - ringBytes) / 1e6, 0),
    column(({ ringBytes }) => ringBytes / 1e6, 0),
    column(({ delayP50Ms }) => delayP50Ms, 1),
    column(({ delayP99Ms }) => delayP99Ms, 1),
  ];
}

let disturbed = 0;
const lab = await createLab();
const results: { rate: Rate; name: string; samples: Sample[] }[] = [];
try {
  for (const rate of rates) {
    const samples = contenders.map((): Sample[] => []);
    const conditions = {
      rate,
      seconds: Number(values.seconds),
      connections: Number(values.connections),
    };
    for (let turn = 1; turn <= Number(values.repeat); turn++)
      for (const [index, contender] of contenders.entries()) {
        if (!(await untilQuiet())) disturbed += 1;
        process.stderr.write(`${rate} req/s, run ${turn} of ${values.repeat}: ${contender.name}\n`);
        samples[index]?.push(await measure(lab, contender, conditions));
      }
    const bare = samples[contenders.indexOf(none)]?.map(({ nginxCpuUs }) => nginxCpuUs) ?? [];
    const rows = contenders.map((contender, index) =>
      row(contender, samples[index] ?? [], median(bare)),
    );
    const title = rate === "full" ? "full speed (wrk)" : `${rate} req/s (h2load)`;
    console.log(`\n${title}\n${formatTable([HEADINGS, ...rows])}`);
    for (const [index, { name }] of contenders.entries())
      results.push({ rate, name, samples: samples[index] ?? [] });
  }
} finally {
  await lab[Symbol.asyncDispose]();
}

const directory = join(import.meta.dirname, "results");
mkdirSync(directory, { recursive: true });
const file = join(directory, `mirror-${new Date().toISOString().replaceAll(":", "")}.json`);
writeFileSync(file, `${JSON.stringify({ options: values, disturbed, results }, undefined, 2)}\n`);
console.log(`\nMedian ±half the range of ${values.repeat} runs. Written to ${file}.`);
if (disturbed > 0)
  console.log(`${disturbed} runs began while the machine was busy with something else.`);
