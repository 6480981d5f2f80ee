import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createCgroups } from "../lab/cgroups.ts";
import { ADDRESS, type Host, type Lab } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { faults, firstTarget, startMirror } from "../lab/mirror.ts";
import { type Nginx, startNginx } from "../lab/nginx.ts";
import { kill } from "../lab/process.ts";
import { until } from "../lab/wait.ts";
import { createExtraNamespace } from "./extra-namespace.ts";
import { type Fault, mirrorArgs, startShadow } from "./fault.ts";
import { heldBy, tcLists } from "./kernel-objects.ts";
import { LIVE_PORT } from "./live-load.ts";
import { createNeighbour } from "./neighbour.ts";
import { childrenOf } from "./process-watch.ts";

const HOOKS = ["cgroup", "tc"] as const;
type Hook = (typeof HOOKS)[number];
const REQUESTS = 3;
const SECOND_CABLE = "cable2";
/** After which shadowtap looks for a reason why nothing comes, and longer than it takes to look at addresses again. */
const QUIET_MS = 13_000;

async function run(host: Host, command: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await host.run(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}

async function ask(host: Host, url: string): Promise<void> {
  for (let turn = 0; turn < REQUESTS; turn++) await curl(host, "-o", "/dev/null", url);
}

function untilMirrored(shadow: Nginx): Promise<void> {
  return until(
    async () => (await shadow.count()) >= REQUESTS,
    15_000,
    () => "nothing is mirrored",
  );
}

/** A second cable between client and live service. */
async function addCable(lab: Lab): Promise<void> {
  const end = ["type", "veth", "peer", "name", SECOND_CABLE, "netns", lab.live.netns];
  await run(lab.client, "ip", "link", "add", SECOND_CABLE, ...end);
  for (const [host, address] of [
    [lab.client, "10.77.3.1/24"],
    [lab.live, "10.77.3.2/24"],
  ] as const) {
    await run(host, "ip", "address", "add", address, "dev", SECOND_CABLE);
    await run(host, "ip", "link", "set", SECOND_CABLE, "up");
  }
}

/** Until both directions of an interface are captured: by links that were not there before, or by filters. */
function untilAttached(lab: Lab, keeper: number, before: ReadonlySet<string>): Promise<void> {
  const isLink = (name: string) => name.startsWith("link ") && !before.has(name);
  const isFilter = (line: string) => line.startsWith(`${SECOND_CABLE} `);
  return until(
    async () =>
      heldBy(keeper).filter(isLink).length >= 2 || (await tcLists(lab.live)).some(isFilter),
    15_000,
    () => `nothing is attached to ${SECOND_CABLE}`,
  );
}

function interfaceComesAndGoes(hook: Hook): Fault {
  return {
    name: `an interface is removed and added, ${hook} hook`,
    expect: { code: 0, ledger: "whole", args: ["--hook", hook] },
    async stage(lab) {
      await startShadow(lab);
      await addCable(lab);
      const url = `http://10.77.3.2:${LIVE_PORT}/second-cable`;
      return {
        otherRequests: REQUESTS * 2,
        async inject({ program }) {
          await ask(lab.client, url);
          const before = new Set(heldBy(program.pid));
          await run(lab.live, "ip", "link", "del", SECOND_CABLE);
          await delay(500);
          await addCable(lab);
          if (hook === "tc") await untilAttached(lab, program.pid, before);
          await ask(lab.client, url);
        },
      };
    },
  };
}

function namespaceDeleted(hook: Hook): Fault {
  return {
    name: `the captured namespace is deleted, ${hook} hook`,
    expect: { code: 0, ledger: "balances", args: ["--hook", hook] },
    async stage(lab) {
      const shadow = await startShadow(lab);
      const extra = createExtraNamespace(lab);
      await startNginx(lab, extra.host, { port: LIVE_PORT, log: false });
      return {
        args: [...mirrorArgs(), "--netns", extra.host.netnsPath],
        async inject() {
          await ask(extra.host, `http://127.0.0.1:${LIVE_PORT}/in-there`);
          await untilMirrored(shadow);
          extra.remove();
          await delay(QUIET_MS);
        },
        check({ result }) {
          assert.equal(firstTarget(result().summary).delivered, REQUESTS);
        },
        clear: async () => extra.remove(),
      };
    },
  };
}

const cgroupRemoved: Fault = {
  name: "the captured cgroup is removed",
  expect: { code: 0, ledger: "balances" },
  async stage(lab) {
    const shadow = await startShadow(lab);
    const cgroups = createCgroups();
    const path = cgroups.make("captured");
    const port = LIVE_PORT + 10;
    const inside: Host = {
      ...lab.live,
      start: (command, args, options) =>
        lab.live.start(
          "sh",
          ["-c", `echo $$ >${join(path, "cgroup.procs")} && exec "$@"`, "sh", command, ...args],
          options,
        ),
    };
    await startNginx(lab, inside, { port, log: false });
    const [, , ...rest] = mirrorArgs();
    return {
      args: ["--port", String(port), ...rest, "--cgroup", path],
      async inject() {
        await ask(lab.client, `http://${ADDRESS.live.v4}:${port}/in-there`);
        await untilMirrored(shadow);
        await cgroups[Symbol.asyncDispose]();
        await delay(QUIET_MS);
      },
      check({ result }) {
        assert.equal(firstTarget(result().summary).delivered, REQUESTS);
      },
    };
  },
};

const neighbours: Fault = {
  name: "another tc program before ours and one after",
  expect: { code: 0, ledger: "whole", args: ["--hook", "tc"] },
  async stage(lab) {
    await startShadow(lab);
    const neighbour = await createNeighbour(lab);
    neighbour.attach();
    return {
      async inject() {
        neighbour.attach();
        await delay(1_000);
      },
      check({ result }) {
        assert.ok(firstTarget(result().summary).delivered > 0);
      },
      clear: async () => neighbour.remove(),
    };
  },
};

function twoAtOnce(hook: Hook): Fault {
  return {
    name: `two shadowtaps at once, ${hook} hook`,
    expect: { code: 0, ledger: "whole", args: ["--hook", hook] },
    async stage(lab) {
      await startShadow(lab);
      const second = await startShadow(lab, LIVE_PORT + 1);
      const args = [...mirrorArgs(`http://${ADDRESS.shadow.v4}:${LIVE_PORT + 1}`), "--hook", hook];
      return {
        async inject() {
          const other = await startMirror(lab, lab.live, args);
          await untilMirrored(second);
          const { code, summary, stderr } = await other.stop();
          assert.equal(code, 0, stderr);
          assert.deepEqual(faults(summary), []);
          const { delivered } = firstTarget(summary);
          assert.ok(delivered > 0 && (await second.count()) >= delivered);
        },
        check({ result }) {
          assert.ok(firstTarget(result().summary).delivered > 0);
        },
      };
    },
  };
}

/** Filters of a shadowtap that was killed where there were no links yet: nobody but the next one removes them. */
const leftovers: Fault = {
  name: "leftovers of a crash",
  expect: { code: 0, ledger: "whole", args: ["--hook", "tc"] },
  async stage(lab) {
    await startShadow(lab);
    const script = join(import.meta.dirname, "../kernel/clsact-child.ts");
    const flags = ["--disable-warning=ExperimentalWarning", script];
    const victim = lab.live.start(process.execPath, flags, { ipc: true });
    const ended = victim.exited.then(() => assert.fail(victim.stderr()));
    await Promise.race([once(victim.child, "message"), ended]);
    ended.catch(() => {
      // That is what happens to it.
    });
    const pids = [victim.pid, ...childrenOf(victim.pid)];
    for (const pid of pids) kill(pid, "SIGKILL");
    await victim.exited;
    const left = (await tcLists(lab.live)).filter((line) => line.includes("st_tc_"));
    assert.ok(left.length > 0, "the crash left nothing");
    // Its filters count as alive for two seconds.
    await delay(2_200);
    return {
      async inject() {
        const now = (await tcLists(lab.live)).filter((line) => left.includes(line));
        assert.deepEqual(now, []);
      },
    };
  },
};

export const NETWORK_FAULTS: readonly Fault[] = [
  ...HOOKS.map(interfaceComesAndGoes),
  ...HOOKS.map(namespaceDeleted),
  cgroupRemoved,
  neighbours,
  ...HOOKS.map(twoAtOnce),
  leftovers,
];
