import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type CaptureForm, writeCapture } from "../capture/pcap/capture-writer.ts";
import { LINKS, type Link } from "../capture/pcap/packet-writer.ts";
import { readCapture } from "../capture/pcap/read-capture.ts";
import {
  generateTraffic,
  type Random,
  randomRequest,
  SERVER_PORT,
} from "../capture/pcap/traffic.ts";
import { createRandom } from "../fuzz/http1-input.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { startNginx } from "../lab/nginx.ts";
import type { Program } from "../lab/process.ts";
import { compare, listByTshark, listed } from "../lab/tshark.ts";
import { until } from "../lab/wait.ts";

/** That shadowtap reads in a capture file what tshark does: the same requests, the same bodies. */

/** `mayMiss`: tshark does not put together everything that comes out of order; what it lists must be right all the same. */
async function agree(file: string, expected: number, mayMiss = false): Promise<void> {
  const read = readCapture(readFileSync(file), 1 << 18);
  assert.equal(read.error, undefined);
  const byTshark = await listByTshark(file, [String(SERVER_PORT)]);
  const { onlyFirst, onlySecond } = compare(read.decoded.map(listed), byTshark);
  assert.deepEqual(onlySecond, []);
  if (!mayMiss) assert.deepEqual(onlyFirst, []);
  assert.ok(onlyFirst.length <= expected / 4, `tshark misses ${onlyFirst.length}`);
  assert.equal(read.decoded.length, expected);
}

const FORMS: readonly Pick<CaptureForm, "format" | "isLittle" | "unitsPerSecond" | "resolution">[] =
  [
    { format: "pcap", isLittle: true, unitsPerSecond: 1_000_000n },
    { format: "pcap", isLittle: false, unitsPerSecond: 1_000_000_000n },
    { format: "pcapng", isLittle: true, unitsPerSecond: 1_000_000_000n, resolution: 9 },
    { format: "pcapng", isLittle: false, unitsPerSecond: 1_000_000n },
  ];

function requestsOf(random: Random, connections: number) {
  return Array.from({ length: connections }, () =>
    Array.from({ length: 1 + random(6) }, () => randomRequest(random, 4000)),
  );
}

describe("captures and tshark", () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab();
  });
  after(() => lab[Symbol.asyncDispose]());

  for (const [index, link] of (Object.keys(LINKS) as Link[]).entries())
    test(`generated, ${link}`, async () => {
      for (const [at, form] of FORMS.entries()) {
        const random = createRandom(100 * index + at);
        const sent = requestsOf(random, 6);
        const disorder = at < 2 ? "none" : "moved";
        const how = { disorder, maxSegmentBytes: 1460, hasOptions: at % 2 === 0 } as const;
        const packets = generateTraffic(sent, link, random, how);
        const file = join(lab.dir, `generated-${lab.next()}`);
        writeFileSync(file, writeCapture({ ...form, linkType: LINKS[link] }, packets));
        await agree(file, sent.flat().length, disorder === "moved");
      }
    });

  for (const device of ["cable0", "any"])
    test(`nginx, captured by tcpdump on ${device}`, async () => {
      // tcpdump leaves root behind and then writes as somebody else.
      chmodSync(lab.dir, 0o777);
      const file = join(lab.dir, `real-${device}.pcap`);
      const nginx = await startNginx(lab, lab.live, {
        port: SERVER_PORT,
        location: "return 200 ok;",
      });
      const tcpdump = await startTcpdump(lab, device, file);
      const small = join(lab.dir, "small");
      const large = join(lab.dir, "large");
      writeFileSync(small, "a=1&b=2");
      writeFileSync(large, Buffer.alloc(1_000_000, "0123456789abcdef\r\n"));
      const origins = [ADDRESS.live.v4, ADDRESS.live.v6].map((a) => `http://${a}:${SERVER_PORT}`);
      let sent = 0;
      for (const origin of origins) {
        const url = `${origin}/r/[1-20]?secret=1`;
        await curl(lab, url);
        await curl(lab, "--data-binary", `@${small}`, url);
        await curl(lab, "-H", "Transfer-Encoding: chunked", "--data-binary", `@${small}`, url);
        await curl(lab, "--data-binary", `@${large}`, `${origin}/large`);
        await curl(lab, "-H", "Transfer-Encoding: chunked", "-T", large, `${origin}/large`);
        sent += 62;
      }
      // It is told of packets late and drops those when it ends: what it has written of the last one is proof of the others.
      await curl(lab, `http://${ADDRESS.live.v4}:${SERVER_PORT}/last`);
      const hasLast = () => readFileSync(file).includes("GET /last");
      await until(hasLast, 10_000, () => `tcpdump has not written all: ${tcpdump.stderr()}`);
      await tcpdump.stop("SIGINT");
      await nginx.program.stop("SIGTERM");
      await agree(file, sent + 1);
    });
});

async function curl(lab: Lab, ...args: string[]): Promise<void> {
  const { code, stderr } = await lab.client.run("curl", [
    "-sS",
    "-H",
    "Expect:",
    "-o",
    "/dev/null",
    ...args,
  ]);
  assert.equal(code, 0, stderr);
}

async function startTcpdump(lab: Lab, device: string, file: string): Promise<Program> {
  const filter = ["tcp", "port", String(SERVER_PORT)];
  const program = lab.live.start("tcpdump", [
    "-i",
    device,
    "-s0",
    "--immediate-mode",
    "-U",
    "-B65536",
    "-w",
    file,
    ...filter,
  ]);
  await until(
    () => program.stderr().includes("listening on"),
    10_000,
    () => `tcpdump does not listen: ${program.stderr()}`,
  );
  return program;
}
