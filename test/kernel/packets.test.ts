/** Packets that this machine has no device for, run through the real tc program (BPF_PROG_TEST_RUN). */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Capture, loadCapture } from "../../src/capture/capture.ts";
import { planHook } from "../../src/capture/hook-plan.ts";
import { resolveScope } from "../../src/capture/scope.ts";
import { openSegmentReader, type SegmentReader } from "../../src/capture/segment-reader.ts";
import { compileKernelRules } from "../../src/select/kernel/compile.ts";
import { loadedPrograms } from "../lab/bpf.ts";
import { ruleSet } from "../select/rules.ts";
import { rule } from "./rules.ts";

const PORT = 8080;
const RING_BYTES = 1 << 16;
const REQUEST = "GET /packet HTTP/1.1\r\n\r\n";
const directory = mkdtempSync(join(tmpdir(), "shadowtap-packets-"));
let capture: Capture;
let reader: SegmentReader;
/** By id: looking for a name, bpftool fails when any other program goes away meanwhile. */
let programId = "";
const payloads: string[] = [];

before(async () => {
  const plan = planHook(
    { hook: "tc", interfaces: ["lo"], ownerRules: [] },
    resolveScope({ kind: "own" }),
  );
  capture = await loadCapture({
    plan,
    direction: "in",
    wantsScan: true,
    ringCount: 1,
    ringBytes: RING_BYTES,
  });
  await capture.rules.apply(compileKernelRules(ruleSet([rule(PORT)])));
  programId = String(loadedPrograms().findLast(({ name }) => name === "st_tc_in")?.id);
  const control = { fd: capture.ringControlFd, index: 0 };
  reader = openSegmentReader(capture.ringFds[0]!, RING_BYTES, control, ({ bytes, start, end }) =>
    payloads.push(Buffer.from(bytes.subarray(start, end)).toString("latin1")),
  );
});
after(() => {
  capture[Symbol.dispose]();
  rmSync(directory, { recursive: true });
});

/** What the program copies of a packet: payloads, one a record. */
function run(...parts: Buffer[]): string[] {
  const file = join(directory, "packet");
  writeFileSync(file, Buffer.concat(parts));
  execFileSync("bpftool", ["prog", "run", "id", programId, "data_in", file, "repeat", "1"]);
  payloads.length = 0;
  reader.drain(16);
  return [...payloads];
}

const ethernet = (type: number) =>
  Buffer.from(`${"00".repeat(12)}${type.toString(16).padStart(4, "0")}`, "hex");
const tag = (id: number, type: number) => Buffer.from([0, id, type >> 8, type & 0xff]);

function tcp(payload = REQUEST): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(40_000, 0);
  header.writeUInt16BE(PORT, 2);
  header[12] = 0x50;
  header[13] = 0x18;
  return Buffer.concat([header, Buffer.from(payload)]);
}

function ipv4(payload: Buffer, { fragment = 0, optionBytes = 0 } = {}): Buffer {
  const header = Buffer.alloc(20 + optionBytes, 1);
  header.fill(0, 0, 20);
  header[0] = 0x40 | (header.length / 4);
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt16BE(fragment, 6);
  header[8] = 64;
  header[9] = 6;
  header.set([10, 0, 0, 1, 10, 0, 0, 2], 12);
  return Buffer.concat([header, payload]);
}

function ipv6(next: number, ...payload: Buffer[]): Buffer {
  const body = Buffer.concat(payload);
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(body.length, 4);
  header[6] = next;
  header[7] = 64;
  header[23] = 1;
  header[39] = 2;
  return Buffer.concat([header, body]);
}

const extension = (next: number, units = 0) =>
  Buffer.concat([Buffer.from([next, units]), Buffer.alloc(6 + units * 8)]);

test("IPv4, with options, with Ethernet's padding behind it", () => {
  assert.deepEqual(run(ethernet(0x0800), ipv4(tcp())), [REQUEST]);
  assert.deepEqual(run(ethernet(0x0800), ipv4(tcp(), { optionBytes: 12 })), [REQUEST]);
  assert.deepEqual(run(ethernet(0x0800), ipv4(tcp("GET /")), Buffer.alloc(20)), ["GET /"]);
});

test("one VLAN tag in the packet, and two (QinQ)", () => {
  assert.deepEqual(run(ethernet(0x8100), tag(10, 0x0800), ipv4(tcp())), [REQUEST]);
  assert.deepEqual(run(ethernet(0x88a8), tag(10, 0x8100), tag(20, 0x86dd), ipv6(6, tcp())), [
    REQUEST,
  ]);
});

test("IPv6 with extension headers", () => {
  assert.deepEqual(run(ethernet(0x86dd), ipv6(6, tcp())), [REQUEST]);
  const hopByHop = 0;
  const routing = 43;
  const destination = 60;
  assert.deepEqual(
    run(
      ethernet(0x86dd),
      ipv6(hopByHop, extension(routing, 1), extension(destination, 2), extension(6), tcp()),
    ),
    [REQUEST],
  );
  const authentication = Buffer.concat([Buffer.from([6, 4]), Buffer.alloc(22)]);
  assert.deepEqual(run(ethernet(0x86dd), ipv6(51, authentication, tcp())), [REQUEST]);
});

test("what is not whole TCP is left alone, and fragments are counted", () => {
  assert.deepEqual(run(ethernet(0x86dd), ipv6(17, tcp())), []);
  assert.deepEqual(run(ethernet(0x0806), Buffer.alloc(46)), []);
  const { fragment } = capture.counters.all();
  assert.deepEqual(run(ethernet(0x0800), ipv4(tcp(), { fragment: 0x0010 })), []);
  const later = Buffer.from([6, 0, 0x00, 0x10, 0, 0, 0, 1]);
  assert.deepEqual(run(ethernet(0x86dd), ipv6(44, later, tcp())), []);
  // The first of several is no better: whether the others come is not known.
  assert.deepEqual(run(ethernet(0x0800), ipv4(tcp(), { fragment: 0x2000 })), []);
  const first = Buffer.from([6, 0, 0x00, 0x01, 0, 0, 0, 1]);
  assert.deepEqual(run(ethernet(0x86dd), ipv6(44, first, tcp())), []);
  assert.equal(capture.counters.all().fragment.records, fragment.records + 4);
  const only = Buffer.from([6, 0, 0, 0, 0, 0, 0, 1]);
  assert.deepEqual(run(ethernet(0x86dd), ipv6(44, only, tcp())), [REQUEST]);
});
