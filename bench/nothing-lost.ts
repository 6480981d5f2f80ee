/** The loads under which a sniffing mirror is known to lose requests: large bodies, early answers, and hardly any traffic. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startBodyServer } from "../test/lab/body-server.ts";
import { ADDRESS, createLab, type Lab } from "../test/lab/lab.ts";
import { paced } from "../test/lab/load.ts";
import { type Contender, PORT, peer, shadowtap } from "./contenders.ts";
import { treeCpuSeconds } from "./process-tree.ts";
import { formatTable } from "./table.ts";

interface Scenario {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly connections: number;
  readonly bodyBytes: number;
  readonly answerEarly: boolean;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: "64 KiB bodies at 500 req/s",
    requestsPerSecond: 500,
    connections: 10,
    bodyBytes: 65_536,
    answerEarly: false,
  },
  {
    name: "answered before the body was read",
    requestsPerSecond: 500,
    connections: 10,
    bodyBytes: 65_536,
    answerEarly: true,
  },
  {
    name: "10 req/s",
    requestsPerSecond: 10,
    connections: 1,
    bodyBytes: 0,
    answerEarly: false,
  },
];

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    peer: { type: "string", multiple: true, default: [] },
  },
});

async function run(lab: Lab, contender: Contender, scenario: Scenario): Promise<string[]> {
  const { requestsPerSecond, connections, answerEarly } = scenario;
  const live = await startBodyServer(lab, lab.live, { port: PORT, answerEarly });
  const shadow = await startBodyServer(lab, lab.shadow, { port: PORT });
  const mirror = await contender.start(lab);
  const { pid = 0 } = mirror;
  const cpuBefore = treeCpuSeconds(pid);
  const load = {
    url: `http://${ADDRESS.live.v4}:${PORT}/`,
    connections,
    requestsPerSecond,
    seconds: Number(values.seconds),
  };
  let digestOf: { bodyFile?: string } = {};
  if (scenario.bodyBytes > 0) {
    digestOf = { bodyFile: join(lab.dir, "body") };
    writeFileSync(join(lab.dir, "body"), randomBytes(scenario.bodyBytes));
  }
  const result = await paced(lab, lab.client, { ...load, ...digestOf });
  const cpuSeconds = treeCpuSeconds(pid) - cpuBefore;
  const summary = await mirror.stop();
  await live.program.stop();
  await shadow.program.stop();
  const sent = live.requests();
  const received = shadow.requests();
  const digests = new Set(sent.map(({ bodySha256 }) => bodySha256));
  const whole = received.filter(({ complete, bodySha256 }) => complete && digests.has(bodySha256));
  const { p50_ms = Number.NaN, p99_ms = Number.NaN } = summary?.delay ?? {};
  return [
    `${contender.name}: ${scenario.name}`,
    String(sent.length),
    String(whole.length),
    String(sent.length - whole.length),
    String(result.failed),
    ((cpuSeconds * 1e6) / whole.length).toFixed(0),
    p50_ms.toFixed(1),
    p99_ms.toFixed(1),
  ];
}

const HEADINGS = [
  "",
  "live",
  "whole copies",
  "lost",
  "live failed",
  "CPU µs/req",
  "delay p50 ms",
  "p99 ms",
];
const rows = [HEADINGS];
const lab = await createLab();
try {
  const contenders = [shadowtap("shadowtap", "--allow-methods", "all"), ...values.peer.map(peer)];
  for (const scenario of SCENARIOS)
    for (const contender of contenders) rows.push(await run(lab, contender, scenario));
} finally {
  await lab[Symbol.asyncDispose]();
}
console.log(formatTable(rows));
