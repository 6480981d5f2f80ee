/** What the IP layer does to segments: extension headers, fragments, and packets larger than any cable takes. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ADDRESS } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { createWireBench, get, PORT, post, type WireBench } from "./wire-harness.ts";

const HOP_BY_HOP = 0;
const DESTINATION_OPTIONS = 60;
/** The largest IPv4 packet; IPv6 does not count its own header. */
const LARGEST_V4 = 65_535;
const V4_HEADERS = 40;
const BIG_TCP_BYTES = 190_000;

describe("packets of many kinds", () => {
  let bench: WireBench;

  before(async () => {
    bench = await createWireBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  it("IPv6 extension headers, IPv4 and TCP options", async () => {
    const forms = [
      { isV6: true, extensions: [HOP_BY_HOP] },
      { isV6: true, extensions: [HOP_BY_HOP, DESTINATION_OPTIONS] },
      { isV6: true, extensions: [DESTINATION_OPTIONS, DESTINATION_OPTIONS, DESTINATION_OPTIONS] },
      { ipOptionBytes: 40 },
      { tcpOptions: Buffer.alloc(40, 1) },
    ];
    for (const [index, form] of forms.entries()) {
      const peer = await bench.connect({ isV6: form.isV6 === true });
      const bytes = post(`/headers/${index}`, randomBytes(100));
      peer.segment(0, bytes, form);
      peer.next = bytes.length;
      await peer.untilAnswers(1);
    }
    await bench.mirrored("/headers");
  });

  for (const isV6 of [false, true]) {
    const path = `/fragments-${isV6 ? "v6" : "v4"}`;

    /** Fragments are put together behind the hooks `tc` and `socket`: to these, a segment in fragments is a hole. */
    it(`fragments, ${isV6 ? "IPv6" : "IPv4"}`, async () => {
      const peer = await bench.connect({ isV6 });
      let answers = 0;
      const whole = async (name: string) => {
        peer.send(get(`${path}/${name}`));
        await peer.untilAnswers(++answers);
      };
      await whole("before");
      for (const name of ["forward", "reversed"]) {
        const bytes = post(`${path}/${name}`, randomBytes(900));
        const isReversed = name === "reversed";
        peer.segment(peer.next, bytes, { fragmentBytes: 400, isReversed });
        peer.next += bytes.length;
        await peer.untilAnswers(++answers);
        for (let turn = 1; turn <= 4; turn++) await whole(`after-${name}-${turn}`);
      }
      const missed = [`${path}/forward`, `${path}/reversed`];
      await bench.mirrored(path, { hooks: ["tc", "socket"], missed, lost: { gap: 2 } });
    });

    it(`a first fragment that nothing follows, ${isV6 ? "IPv6" : "IPv4"}`, async () => {
      const alone = `/alone-${isV6 ? "v6" : "v4"}`;
      const peer = await bench.connect({ isV6 });
      const fake = get(`${alone}/fake`);
      // The TCP header and all of the request are in the first of two.
      const fragmentBytes = 20 + Math.ceil((fake.length + 4) / 8) * 8 - 4;
      const padded = `${fake}${" ".repeat(fragmentBytes - 20 - fake.length)}`;
      peer.segment(0, `${padded}${"x".repeat(100)}`, { fragmentBytes, isFirstAlone: true });
      peer.send(get(`${alone}/real`));
      await peer.untilAnswers(1);
      await bench.mirrored(alone);
    });

    it(`one packet of 64 KiB that stands for many, ${isV6 ? "IPv6" : "IPv4"}`, async () => {
      const large = `/large-${isV6 ? "v6" : "v4"}`;
      const peer = await bench.connect({ isV6 });
      const fits = LARGEST_V4 - V4_HEADERS - (isV6 ? 20 : 0);
      const bytes = post(`${large}/1`, randomBytes(fits * 3));
      while (peer.acked() < bytes.length) {
        const at = peer.acked();
        await peer.until(() => peer.window() > 0, "the window to open");
        const end = at + Math.min(fits, peer.window());
        peer.segment(at, bytes.subarray(at, end), { largeSegmentBytes: 1_400 });
        await peer.until(() => peer.acked() > at, "an acknowledgement");
      }
      peer.next = bytes.length;
      await peer.untilAnswers(1);
      peer.send(get(`${large}/2`));
      await peer.untilAnswers(2);
      await bench.mirrored(large);
    });
  }

  it("BIG TCP: packets beyond 64 KiB between two real kernels' ends", async (context) => {
    const { client, live, dir } = bench.lab;
    for (const host of [client, live]) {
      const sizes = ["gso_max_size", "gro_max_size"].flatMap((name) => [name, `${BIG_TCP_BYTES}`]);
      const { code } = await host.run("ip", ["link", "set", "cable0", ...sizes]);
      if (code !== 0) return context.skip("this kernel's cables have no BIG TCP");
    }
    const body = join(dir, "big");
    writeFileSync(body, randomBytes(8_000_000));
    /** Bytes and packets that came over the cable. */
    const arrived = async () => {
      const { stdout } = await live.run("cat", ["/proc/net/dev"]);
      const [bytes = 0, packets = 0] = (/cable0:(.*)/.exec(stdout)?.[1] ?? "")
        .trim()
        .split(/\s+/)
        .map(Number);
      return { bytes, packets };
    };
    // On a busy machine packets are smaller: then it is tried again.
    let mean = 0;
    for (let turn = 1; turn <= 10 && mean <= LARGEST_V4; turn++) {
      const before = await arrived();
      const url = `http://${ADDRESS.live.v6}:${PORT}/big-tcp/${turn}`;
      assert.equal(await curl(client, "--data-binary", `@${body}`, url), "ok");
      const { bytes, packets } = await arrived();
      mean = (bytes - before.bytes) / (packets - before.packets);
    }
    assert.ok(mean > LARGEST_V4, `${mean} bytes a packet`);
    await bench.mirrored("/big-tcp");
  });

  it("the ledgers balance", async () => {
    await bench.finish();
  });
});
