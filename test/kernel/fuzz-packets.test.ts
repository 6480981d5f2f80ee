/**
 * Packets of any bytes through every program: each lets the packet pass as it is, and what it copies is something that the decoder
 * takes.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Capture, loadCapture } from "../../src/capture/capture.ts";
import { type HookPlan, planHook } from "../../src/capture/hook-plan.ts";
import { resolveScope } from "../../src/capture/scope.ts";
import { openSegmentReader } from "../../src/capture/segment-reader.ts";
import { cgroupProgramsKnowNamespace } from "../../src/kernel/probe.ts";
import type { SegmentSink } from "../../src/model/segment.ts";
import { compileKernelRules } from "../../src/select/kernel/compile.ts";
import { LINKS, type Link, packetBytes } from "../capture/pcap/packet-writer.ts";
import { SERVER_PORT } from "../capture/pcap/traffic.ts";
import { watchDecode } from "../fuzz/decode-watch.ts";
import { generate } from "../fuzz/http1-input.ts";
import { fuzz, noise, pick, type Random } from "../fuzz/target.ts";
import { createProgramRunner, ownPrograms } from "../lab/program-run.ts";
import { ruleSet } from "../select/rules.ts";
import { rule } from "./rules.ts";

const RING_BYTES = 1 << 20;
/** BPF_PROG_TEST_RUN takes no less than an Ethernet header, and no more than fits a page with what the kernel adds. */
const LEAST_BYTES = 14;
const MOST_BYTES = 3_400;
const ETHERNET: readonly Link[] = ["ethernet", "vlan", "qinq"];
/** What lets a packet pass: TC_ACT_UNSPEC, nothing kept for the socket, allowed. */
const VERDICTS: Readonly<Record<string, number>> = { tc: 0xffffffff, socket: 0, cgroup: 1 };

interface Loaded {
  readonly capture: Capture;
  drain(): void;
}

const plans: HookPlan[] = [];
const loaded: Loaded[] = [];
const programs: [fd: number, verdict: number][] = [];
const run = createProgramRunner(MOST_BYTES);
let onSegment: SegmentSink = () => {};
let segments = 0;

async function load(plan: HookPlan): Promise<Loaded> {
  const direction = "in";
  const options = {
    plan,
    direction,
    wantsScan: true,
    ringCount: 1,
    ringBytes: RING_BYTES,
  } as const;
  const capture = await loadCapture(options);
  await capture.rules.apply(compileKernelRules(ruleSet([rule(SERVER_PORT)])));
  const control = { fd: capture.ringControlFd, index: 0 };
  const reader = openSegmentReader(capture.ringFds[0] ?? -1, RING_BYTES, control, (segment) =>
    onSegment(segment),
  );
  return { capture, drain: () => void reader.drain(4_096) };
}

before(async () => {
  const scope = resolveScope({ kind: "own" });
  const hooks = ["tc", "socket", ...(cgroupProgramsKnowNamespace() ? ["cgroup"] : [])] as const;
  for (const hook of hooks) {
    const interfaces = hook === "tc" ? ["lo"] : [];
    plans.push(planHook({ hook, interfaces, ownerRules: [] } as never, scope));
  }
  for (const plan of plans) loaded.push(await load(plan));
  for (const [name, fd] of ownPrograms()) {
    const verdict = VERDICTS[name.split("_")[1] ?? ""];
    if (verdict !== undefined) programs.push([fd, verdict]);
  }
  assert.ok(programs.length >= loaded.length, [...ownPrograms().keys()].join());
});
after(() => {
  for (const { capture } of loaded) capture[Symbol.dispose]();
});

function packet(random: Random): Buffer {
  const toServer = random(4) > 0;
  const text = toServer ? generate(random) : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const ends = { source: 1 + random(3), destination: 9, sourcePort: 40_000 + random(3) };
  const bytes = packetBytes(
    random(6) === 0 ? pick(random, Object.keys(LINKS) as Link[]) : pick(random, ETHERNET),
    {
      isV6: random(2) === 0,
      source: toServer ? ends.source : ends.destination,
      destination: toServer ? ends.destination : ends.source,
      sourcePort: toServer ? ends.sourcePort : SERVER_PORT,
      destinationPort: toServer ? SERVER_PORT : ends.sourcePort,
      seq: random(3) === 0 ? random(2 ** 32) : random(3_000),
      ack: random(3) === 0 ? random(2 ** 32) : random(3_000),
      flags: random(4) === 0 ? random(256) : pick(random, [0x02, 0x10, 0x18, 0x11, 0x14]),
      payload: Buffer.from(text.slice(0, 2_500), "latin1"),
      ipOptionBytes: 4 * random(11),
      tcpOptionBytes: 4 * random(11),
      extensions: Array.from({ length: random(10) === 0 ? random(12) : 0 }, () =>
        pick(random, [0, 43, 44, 51, 60, random(256)]),
      ),
      ...(random(8) === 0 ? { fragment: random(65_536) } : {}),
    },
  );
  return random(12) === 0 ? noise(random, 200) : bytes;
}

/** An input is packets one after the other: two bytes say how long each is. */
fuzz({
  name: "packets",
  generate(random) {
    const parts = Array.from({ length: 1 + random(8) }, () => {
      const bytes = packet(random);
      const length = Buffer.alloc(2);
      length.writeUInt16LE(bytes.length);
      return Buffer.concat([length, bytes]);
    });
    return Buffer.concat(parts);
  },
  run(input) {
    const view = Buffer.from(input);
    for (const [program, verdict] of programs) {
      const watched = watchDecode();
      onSegment = (segment) => {
        segments += 1;
        assert.ok(segment.end - segment.start <= segment.payloadBytes);
        watched.decode.push(segment);
      };
      for (let at = 0; at + 2 <= view.length; ) {
        const bytes = view.subarray(at + 2).subarray(0, view.readUInt16LE(at));
        at += 2 + bytes.length;
        if (bytes.length < LEAST_BYTES || bytes.length > MOST_BYTES) continue;
        const result = run(program, bytes);
        // The kernel looks at some headers before it runs a program.
        if (result === undefined) continue;
        assert.equal(result.verdict, verdict);
        // The kernel blanks the Ethernet header that only tc programs see.
        assert.deepEqual(
          Buffer.from(result.packet).subarray(LEAST_BYTES),
          bytes.subarray(LEAST_BYTES),
        );
      }
      for (const { drain } of loaded) drain();
      watched.end();
    }
  },
});

test("some of them reached a ring", () => assert.ok(segments > 0));
