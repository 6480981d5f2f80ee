import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { total } from "../../src/model/ledger.ts";
import { startBodyServer } from "../lab/body-server.ts";
import { createCgroups } from "../lab/cgroups.ts";
import { ADDRESS, type Lab } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { firstTarget } from "../lab/mirror.ts";
import { type Oddity, startOddServer } from "../lab/odd-server.ts";
import { kill } from "../lab/process.ts";
import { until } from "../lab/wait.ts";
import { type End, type Fault, mirrorArgs, startShadow } from "./fault.ts";
import { LIVE_PORT } from "./live-load.ts";

const WHOLE = { code: 0, ledger: "whole" } as const;
/** Long enough that timeouts and the breaker are met. */
const TROUBLE_MS = 2_000;
const PATIENCE_MS = 15_000;

/** An answer that never comes, or is none, delivers nothing. */
function assertNothingDelivered({ result }: End): void {
  assert.equal(firstTarget(result().summary).delivered, 0);
}

function assertSomethingDelivered({ result }: End): void {
  assert.ok(firstTarget(result().summary).delivered > 0, "nothing was delivered");
}

/** A shadow that behaves like this from its start. */
function odd(
  name: string,
  oddity: Oddity,
  check: (end: End) => void = assertNothingDelivered,
  delayMs = 0,
): Fault {
  return {
    name,
    expect: WHOLE,
    async stage(lab) {
      await startOddServer(lab, lab.shadow, LIVE_PORT, oddity, delayMs);
      return { inject: () => delay(TROUBLE_MS), check };
    },
  };
}

/** A shadow that did well until something happens to its machine. */
function sudden(name: string, happen: (lab: Lab, shadowPid: number) => Promise<unknown>): Fault {
  return {
    name,
    expect: WHOLE,
    async stage(lab) {
      const shadow = await startShadow(lab);
      return {
        async inject() {
          await until(
            async () => (await shadow.count()) > 0,
            PATIENCE_MS,
            () => "nothing is mirrored",
          );
          await happen(lab, shadow.program.pid);
        },
        check: assertSomethingDelivered,
      };
    },
  };
}

const slow: Fault = {
  name: "the shadow is slow",
  expect: WHOLE,
  async stage(lab) {
    const shadow = await startOddServer(lab, lab.shadow, LIVE_PORT, "slow", 20);
    return {
      inject: () => delay(TROUBLE_MS),
      check({ result }) {
        const { delivered, failed } = firstTarget(result().summary);
        const received = shadow.received().split(" HTTP/1.1\r\n").length - 1;
        assert.ok(delivered > 0);
        // The shadow's own count lies between what was delivered and that plus what it never answered.
        const most = delivered + total(failed.sent_unanswered);
        assert.ok(received >= delivered && received <= most, `${received} received`);
      },
    };
  },
};

/** Beside the load, three bodies that are far too large to be sent before the refusal is there. */
const early: Fault = {
  name: "the shadow answers before the request ends",
  expect: WHOLE,
  async stage(lab) {
    const uploadPort = LIVE_PORT + 10;
    await startOddServer(lab, lab.shadow, LIVE_PORT, "early_413");
    const service = await startBodyServer(lab, lab.live, { port: uploadPort });
    const body = join(lab.dir, "large");
    writeFileSync(body, randomBytes(2_000_000));
    const [, , ...rest] = mirrorArgs();
    const ports = `${LIVE_PORT},${uploadPort}`;
    return {
      args: ["--port", ports, ...rest],
      otherRequests: 3,
      async inject() {
        const url = `http://${ADDRESS.live.v4}:${uploadPort}/upload`;
        for (let turn = 0; turn < 3; turn++)
          assert.equal(await curl(lab.client, "--data-binary", `@${body}`, url), "ok");
      },
      check({ result }) {
        const { status } = firstTarget(result().summary);
        assert.deepEqual(Object.keys(status), ["413"]);
        assert.deepEqual(
          service.requests().map(({ bodyBytes, complete }) => ({ bodyBytes, complete })),
          [1, 2, 3].map(() => ({ bodyBytes: 2_000_000, complete: true })),
        );
      },
    };
  },
};

const returns: Fault = {
  name: "the shadow dies and comes back",
  expect: WHOLE,
  async stage(lab) {
    const first = await startShadow(lab);
    return {
      async inject() {
        await first.program.stop();
        await delay(TROUBLE_MS);
        const second = await startShadow(lab);
        await until(
          async () => (await second.count()) > 0,
          PATIENCE_MS,
          () => "nothing is mirrored since the shadow is back",
        );
      },
      check({ result }) {
        const { unsent } = firstTarget(result().summary).failed;
        assert.ok(unsent.breaker_open + unsent.connect_failed > 0);
      },
    };
  },
};

/** What a disk or memory that stalls comes to: the connection is there, and nobody behind it. */
const frozen: Fault = {
  name: "the shadow's cgroup is frozen for 2 s",
  expect: WHOLE,
  async stage(lab) {
    const cgroups = createCgroups();
    const ice = cgroups.make("ice");
    const shadow = await startShadow(lab);
    const { stdout } = await lab.shadow.run("ps", [
      "-o",
      "pid=",
      "--ppid",
      String(shadow.program.pid),
    ]);
    for (const pid of [shadow.program.pid, ...stdout.trim().split(/\s+/).map(Number)])
      writeFileSync(join(ice, "cgroup.procs"), String(pid));
    const freeze = (frozen: boolean) =>
      writeFileSync(join(ice, "cgroup.freeze"), frozen ? "1" : "0");
    return {
      async inject() {
        freeze(true);
        await delay(TROUBLE_MS);
        freeze(false);
        const before = await shadow.count();
        await until(
          async () => (await shadow.count()) > before,
          PATIENCE_MS,
          () => "nothing is mirrored since the shadow has thawed",
        );
      },
      check: assertSomethingDelivered,
      clear: async () => cgroups[Symbol.asyncDispose](),
    };
  },
};

async function ip(lab: Lab, ...args: string[]): Promise<void> {
  const { code, stderr } = await lab.shadow.run("ip", args);
  if (code !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}

export const SHADOW_FAULTS: readonly Fault[] = [
  odd("the shadow hangs", "hang"),
  odd("the shadow stops reading", "stop_reading"),
  sudden("the shadow refuses connections", async (_lab, pid) => {
    kill(pid, "SIGTERM");
    await delay(TROUBLE_MS);
  }),
  odd("the shadow resets at the first byte", "reset"),
  odd("the shadow resets in the middle of its answer", "reset_mid_response"),
  odd("the shadow closes at the first byte", "close"),
  odd("the shadow trickles", "trickle"),
  odd("the shadow answers garbage", "garbage"),
  odd("the shadow closes idle connections", "close_idle", assertSomethingDelivered, 5),
  early,
  slow,
  returns,
  sudden("the shadow is stopped for 2 s", async (lab, pid) => {
    const { stdout } = await lab.shadow.run("ps", ["-o", "pid=", "--ppid", String(pid)]);
    const all = [pid, ...stdout.trim().split(/\s+/).map(Number)];
    for (const one of all) kill(one, "SIGSTOP");
    await delay(TROUBLE_MS);
    for (const one of all) kill(one, "SIGCONT");
  }),
  frozen,
  sudden("the cable to the shadow is pulled for 2 s", async (lab) => {
    await ip(lab, "link", "set", "cable1", "down");
    await delay(TROUBLE_MS);
    await ip(lab, "link", "set", "cable1", "up");
  }),
];
