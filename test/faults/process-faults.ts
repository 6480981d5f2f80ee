import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ADDRESS } from "../lab/lab.ts";
import { firstTarget, type Mirror } from "../lab/mirror.ts";
import { startOddServer } from "../lab/odd-server.ts";
import { finish, kill, start } from "../lab/process.ts";
import { until } from "../lab/wait.ts";
import { type End, type Fault, startShadow } from "./fault.ts";
import { LIVE_PORT } from "./live-load.ts";
import { createMemoryLimit, memoryController } from "./memory-limit.ts";
import { childrenOf, isAlive } from "./process-watch.ts";

const STOPPED_MS = 10_000;
const PATIENCE_MS = 15_000;
const HOOKS = ["cgroup", "tc"] as const;

function payloadOf(mirror: Mirror): number {
  const [payload] = childrenOf(mirror.program.pid);
  if (payload === undefined) throw new Error("there is no payload process");
  return payload;
}

function assertDelivered({ result }: End): void {
  assert.ok(firstTarget(result().summary).delivered > 0, "nothing was delivered");
}

function stopped(name: string, pidsOf: (mirror: Mirror) => readonly number[]): Fault {
  return {
    name,
    expect: { code: 0, ledger: "whole" },
    async stage(lab) {
      const shadow = await startShadow(lab);
      return {
        async inject(mirror) {
          const pids = pidsOf(mirror);
          for (const pid of pids) kill(pid, "SIGSTOP");
          await delay(STOPPED_MS);
          for (const pid of pids) kill(pid, "SIGCONT");
          const before = await shadow.count();
          await until(
            async () => (await shadow.count()) > before,
            PATIENCE_MS,
            () => "nothing is mirrored since it goes on",
          );
        },
        check: assertDelivered,
      };
    },
  };
}

function killed(victim: "keeper" | "payload process", hook: (typeof HOOKS)[number]): Fault {
  const isKeeper = victim === "keeper";
  return {
    name: `kill -9 of the ${victim}, ${hook} hook`,
    expect: {
      code: isKeeper ? null : 1,
      ledger: isKeeper ? "none" : "balances",
      args: ["--hook", hook],
    },
    async stage(lab) {
      const shadow = await startShadow(lab);
      return {
        async inject(mirror) {
          await until(
            async () => (await shadow.count()) > 50,
            PATIENCE_MS,
            () => "nothing is mirrored",
          );
          const pids = [mirror.program.pid, payloadOf(mirror)];
          kill(isKeeper ? mirror.program.pid : payloadOf(mirror), "SIGKILL");
          await until(
            () => !pids.some(isAlive),
            PATIENCE_MS,
            () => "a process of shadowtap runs on",
          );
        },
        check({ stderr }) {
          if (!isKeeper) assert.match(stderr, /a payload process ended by itself/);
        },
      };
    },
  };
}

/** Bodies that wait for a shadow which does not read them are what makes memory grow. */
const outOfMemory: Fault = {
  name: "ended by the kernel for want of memory",
  expect: { code: 1, ledger: "balances" },
  unless: () => (memoryController() === undefined ? "there is no memory controller" : undefined),
  async stage(lab) {
    await startOddServer(lab, lab.shadow, LIVE_PORT, "stop_reading");
    const limit = createMemoryLimit();
    return {
      async inject(mirror) {
        const payload = payloadOf(mirror);
        limit.restrict(payload, 16 * 1024 * 1024);
        const body = join(lab.dir, "large");
        writeFileSync(body, randomBytes(30_000_000));
        const url = `http://${ADDRESS.live.v4}:${LIVE_PORT}/large`;
        await until(
          async () => {
            await lab.client.run("curl", [
              "-sS",
              "-o",
              "/dev/null",
              "--data-binary",
              `@${body}`,
              url,
            ]);
            return !isAlive(payload);
          },
          PATIENCE_MS,
          () => "the payload process was not ended",
        );
      },
      clear: limit.remove,
    };
  },
};

/** As the user whom the process belongs to, who may do that without further privileges. */
async function limitDescriptors(pid: number, count: number): Promise<void> {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const [uid, gid] = ["Uid", "Gid"].map(
    (name) => new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1],
  );
  const args = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--"];
  args.push("prlimit", "--pid", String(pid), `--nofile=${count}:`);
  const { code, stderr } = await finish(start("setpriv", args), 5_000);
  assert.equal(code, 0, stderr);
}

/** No connection can be made any more, and no file opened. */
function withoutDescriptors(
  name: string,
  pidOf: (mirror: Mirror) => number,
  expect: Fault["expect"] = { code: 0, ledger: "whole" },
): Fault {
  return {
    name,
    expect,
    async stage(lab) {
      const shadow = await startShadow(lab);
      return {
        async inject(mirror) {
          const pid = pidOf(mirror);
          const limit = (count: number) => limitDescriptors(pid, count);
          await limit(readdirSync(`/proc/${pid}/fd`).length);
          await shadow.program.stop();
          const again = await startShadow(lab);
          await delay(1_500);
          await limit(4_096);
          await until(
            async () => (await again.count()) > 0,
            PATIENCE_MS,
            () => "nothing is mirrored since there are descriptors again",
          );
        },
        check: assertDelivered,
      };
    },
  };
}

/** More than a small ring takes, while nobody empties it. */
const ringFilled: Fault = {
  name: "the ring is full",
  expect: { code: 0, ledger: "whole", args: ["--ring-size", "64KiB"] },
  async stage(lab) {
    await startShadow(lab);
    return {
      async inject(mirror) {
        const payload = payloadOf(mirror);
        for (let turn = 0; turn < 3; turn++) {
          kill(payload, "SIGSTOP");
          await delay(700);
          kill(payload, "SIGCONT");
          await delay(200);
        }
      },
      check({ result }) {
        const { shed, lost } = result().summary.ledger.capture;
        assert.ok(shed + lost.ring_full > 0, "the ring was never full");
      },
    };
  },
};

/** A process whose monotonic clock is not that of the kernel's programs, as after a migration. */
function otherClock(hours: number): Fault {
  const offset = String(hours * 3_600);
  return {
    name: `the monotonic clock is ${Math.abs(hours)} h ${hours > 0 ? "ahead" : "behind"} of the kernel's`,
    expect: { code: 0, ledger: "whole" },
    unless: () =>
      existsSync("/proc/self/ns/time") ? undefined : "the kernel has no time namespaces",
    async stage(lab) {
      const shadow = await startShadow(lab);
      const through = ["unshare", "--time", "--monotonic", offset, "--boottime", offset, "--"];
      return {
        through,
        inject: () => delay(1_500),
        async check({ result }) {
          const { summary } = result();
          const { offered, delivered } = firstTarget(summary);
          assert.ok(delivered > offered / 2, `${delivered} delivered of ${offered}`);
          assert.ok((await shadow.count()) >= delivered);
          // Half an hour is far from the offset, and from what a busy machine does.
          const maxMs = summary.delay?.max_ms ?? Number.NaN;
          assert.ok(maxMs >= 0 && maxMs < 1_800_000, `a copy was sent after ${maxMs} ms`);
        },
      };
    },
  };
}

export const PROCESS_FAULTS: readonly Fault[] = [
  stopped("SIGSTOP for 10 s, keeper and payload process", (mirror) => [
    mirror.program.pid,
    payloadOf(mirror),
  ]),
  stopped("SIGSTOP for 10 s, payload process", (mirror) => [payloadOf(mirror)]),
  ...HOOKS.flatMap((hook) => [killed("keeper", hook), killed("payload process", hook)]),
  outOfMemory,
  withoutDescriptors("no file descriptors left, payload process", payloadOf),
  withoutDescriptors("no file descriptors left, keeper", (mirror) => mirror.program.pid),
  otherClock(5),
  ringFilled,
];
