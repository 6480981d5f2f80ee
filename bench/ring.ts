/**
 * Claims: a record costs at most 200 ns from ring to segment; an unmatched packet at most 150 ns in the kernel.
 * Fills a real ring by running the real tc program on one packet (BPF_PROG_TEST_RUN), then drains it.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCapture } from "../src/capture/capture.ts";
import { planHook } from "../src/capture/hook-plan.ts";
import { resolveScope } from "../src/capture/scope.ts";
import { openSegmentReader } from "../src/capture/segment-reader.ts";
import { compileKernelRules } from "../src/select/kernel/compile.ts";
import { rule } from "../test/kernel/rules.ts";
import { ruleSet } from "../test/select/rules.ts";

const PORT = 8080;
const RING_BYTES = 64 << 20;
const ROUNDS = 7;
const PAYLOADS = [100, 500, 1400];
const directory = mkdtempSync(join(tmpdir(), "shadowtap-ring-"));

/** Ethernet, IPv4 and TCP headers around a request of that many bytes; checksums are nobody's business here. */
function packet(destinationPort: number, payloadBytes: number): string {
  const bytes = Buffer.alloc(14 + 20 + 20 + payloadBytes, "x");
  bytes.fill(0, 0, 54);
  bytes.writeUInt16BE(0x0800, 12);
  bytes[14] = 0x45;
  bytes.writeUInt16BE(40 + payloadBytes, 16);
  bytes[22] = 64;
  bytes[23] = 6;
  bytes.writeUInt32BE(0x7f000001, 26);
  bytes.writeUInt32BE(0x7f000001, 30);
  bytes.writeUInt16BE(40_000, 34);
  bytes.writeUInt16BE(destinationPort, 36);
  bytes[46] = 0x50;
  bytes[47] = 0x18;
  bytes.write("GET / HTTP/1.1\r\n", 54);
  const file = join(directory, `${destinationPort}-${payloadBytes}`);
  writeFileSync(file, bytes);
  return file;
}

/** Average run time of the program on that packet, in nanoseconds, as the kernel measures it. */
function run(file: string, repeat: number): number {
  const args = ["-j", "prog", "run", "name", "st_tc_in", "data_in", file, "repeat", String(repeat)];
  return JSON.parse(execFileSync("bpftool", args, { encoding: "utf8" })).duration;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

const plan = planHook(
  { hook: "tc", interfaces: ["lo"], ownerRules: [] },
  resolveScope({ kind: "own" }),
);
const capture = await loadCapture({
  plan,
  direction: "in",
  wantsScan: true,
  ringCount: 1,
  ringBytes: RING_BYTES,
});
await capture.rules.apply(compileKernelRules(ruleSet([rule(PORT)])));
try {
  let checksum = 0;
  const control = { fd: capture.ringControlFd, index: 0 };
  const reader = openSegmentReader(capture.ringFds[0] as number, RING_BYTES, control, (segment) => {
    checksum += segment.seq + segment.end - segment.start + (segment.bytes[segment.start] ?? 0);
  });
  const unmatched = Array.from({ length: ROUNDS }, () => run(packet(9, 100), 1_000_000));
  console.log(`unmatched packet, kernel        ${median(unmatched)} ns`);
  for (const payloadBytes of PAYLOADS) {
    const file = packet(PORT, payloadBytes);
    const repeat = Math.floor(
      (RING_BYTES * 0.7) / (payloadBytes < 152 ? 264 : payloadBytes < 900 ? 1032 : 1608),
    );
    const kernelNs: number[] = [];
    const readerNs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      kernelNs.push(run(file, repeat));
      const startedMs = performance.now();
      let records = 0;
      for (let drained = reader.drain(4096); drained > 0; drained = reader.drain(4096))
        records += drained;
      readerNs.push(((performance.now() - startedMs) * 1e6) / records);
    }
    console.log(
      `${String(payloadBytes).padStart(4)} B payload: kernel ${median(kernelNs)} ns a packet, ` +
        `ring to segment ${median(readerNs).toFixed(0)} ns a record`,
    );
  }
  if (checksum === 0) throw new Error("nothing was read");
} finally {
  capture[Symbol.dispose]();
  rmSync(directory, { recursive: true });
}
