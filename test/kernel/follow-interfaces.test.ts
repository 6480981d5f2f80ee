/** Interfaces that come and go while the tc hook is attached to all of a namespace. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { type Capture, loadCapture } from "../../src/capture/capture.ts";
import { planHook, type TcPlan } from "../../src/capture/hook-plan.ts";
import { resolveScope } from "../../src/capture/scope.ts";
import { createLab, type Lab } from "../lab/lab.ts";
import { HOOKS } from "./capture-harness.ts";

/** One end of a cable; the other stays down, so it is nobody's to capture. */
const ADD = ["link", "add", "later0", "type", "veth", "peer", "name", "later0b"] as const;
const WAYS = HOOKS.filter((hook) => hook === "tcx" || hook === "clsact");

describe("interfaces that come and go", () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab();
  });
  after(() => lab[Symbol.asyncDispose]());

  async function ip(...args: string[]): Promise<void> {
    const { code, stderr } = await lab.live.run("ip", args);
    assert.equal(code, 0, stderr);
  }

  function plan(interfaces: readonly string[]): TcPlan {
    const scope = resolveScope({ kind: "netns", path: lab.live.netnsPath });
    const planned = planHook({ hook: "tc", interfaces, ownerRules: [] }, scope);
    assert.ok(planned.hook === "tc");
    return planned;
  }

  async function capturing(planned: TcPlan, work: (capture: Capture) => Promise<void>) {
    const options = { direction: "in", wantsScan: false, ringCount: 1, ringBytes: 4096 } as const;
    const capture = await loadCapture({ ...options, plan: planned });
    try {
      capture.attach();
      await work(capture);
    } finally {
      capture[Symbol.dispose]();
    }
  }

  for (const way of WAYS)
    it(`${way}: are attached to, and let go of, and nothing is left`, () =>
      capturing({ ...plan([]), attach: way }, async (capture) => {
        const first = capture.attachments;
        assert.deepEqual(capture.follow(), []);
        assert.deepEqual(capture.attachments, first, "nothing has changed");
        const descriptors = () => readdirSync("/proc/self/fd").length;
        const descriptorsAtFirst = descriptors();

        await ip(...ADD);
        capture.follow();
        assert.deepEqual(capture.attachments, first, "it is not up yet");
        await ip("link", "set", "later0", "up");
        await ip("tuntap", "add", "later1", "mode", "tun");
        await ip("link", "set", "later1", "up");
        assert.deepEqual(capture.follow(), []);
        assert.deepEqual(capture.attachments.slice(first.length), [
          `${way} later0 ingress`,
          `${way} later0 egress`,
          `${way} later1 ingress`,
          `${way} later1 egress`,
        ]);

        await ip("link", "del", "later0");
        await ip(...ADD);
        await ip("link", "set", "later0", "up");
        await ip("link", "del", "later1");
        assert.deepEqual(capture.follow(), []);
        assert.deepEqual(capture.attachments.slice(first.length), [
          `${way} later0 ingress`,
          `${way} later0 egress`,
        ]);

        await ip("link", "del", "later0");
        assert.deepEqual(capture.follow(), []);
        assert.deepEqual(capture.attachments, first);
        assert.equal(descriptors(), descriptorsAtFirst);

        capture.detach();
        assert.deepEqual(capture.attachments, []);
        assert.deepEqual(capture.follow(), []);
      }));

  it("are left alone where interfaces were named", () =>
    capturing(plan(["lo"]), async (capture) => {
      const first = capture.attachments;
      await ip(...ADD);
      await ip("link", "set", "later0", "up");
      capture.follow();
      assert.deepEqual(capture.attachments, first);
      await ip("link", "del", "later0");
    }));
});
