/** Names of a rule against this machine: its users, and processes that the test starts and looks up in /proc. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { after, suite, test } from "node:test";
import { ownerRules, resolveOrigin } from "../../src/agent/resolve-origin.ts";
import type { Origin } from "../../src/model/rule.ts";
import type { CaptureConfig, OriginSpec } from "../../src/model/run-config.ts";
import { config, spec } from "./sample-rules.ts";

const ANYWHERE = "00000000000000000000ffff00000000";
const LOOPBACK = "00000000000000000000ffff7f000001";
/** Above what pid_max may be. */
const NOBODY = 2 ** 30;

function resolve(from: Partial<OriginSpec>, capture: Partial<CaptureConfig> = {}): Origin {
  return resolveOrigin("r", { ...spec("r").from, ...from }, { ...config().capture, ...capture });
}

function ports(...wanted: readonly number[]): OriginSpec["ports"] {
  return wanted.map((port) => ({ first: port, last: port }));
}

const refused = (message: RegExp) => (error: unknown) => {
  assert.equal((error as { code: string }).code, "ST_SCOPE_UNKNOWN");
  assert.match((error as Error).message, message);
  return true;
};

const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** A process that listens where it is told, each `HOST:PORT` with port 0 for a free one, and says where that is. */
async function listener(...where: readonly { host: string; port?: number; shared?: boolean }[]) {
  const program = `
    const { createServer } = require("node:net");
    const all = ${JSON.stringify(where)}.map(({ host, port = 0, shared = false }) => new Promise((resolve) => {
      const server = createServer().listen({ host, port, reusePort: shared }, () => resolve(server.address().port));
    }));
    Promise.all(all).then((ports) => process.stdout.write(JSON.stringify(ports)));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [said] = await once(child.stdout, "data");
  const at: number[] = JSON.parse(String(said));
  return { pid: child.pid ?? 0, ports: at, port: at[0] ?? 0 };
}

suite("users", () => {
  test("by number, known here or not, and by name", () => {
    assert.deepEqual(resolve({ users: ["0", "54321", "root"] }).uids, [0, 54_321, 0]);
  });

  test("a name that is not known is an error", () => {
    assert.throws(
      () => resolve({ users: ["no-such-user"] }),
      refused(/^Rule r: there is no user no-such-user here\.$/),
    );
  });

  test("rules that ask for an owner are named", () => {
    const from = resolve({});
    const rules = [
      { name: "any", from },
      { name: "user", from: { ...from, uids: [33] } },
      { name: "service", from: { ...from, cgroups: [{ id: "1", level: 1 }] } },
    ];
    assert.deepEqual(ownerRules(rules), ["rule user", "rule service"]);
  });
});

suite("processes", () => {
  test("one that listens on an address is told by it", async () => {
    const { pid, port } = await listener({ host: "127.0.0.1" });
    const origin = resolve({ pids: [pid], ports: [{ first: 1, last: 65_535 }] });
    assert.deepEqual(origin.ports, ports(port));
    assert.deepEqual(origin.local, [{ address: LOOPBACK, bits: 128 }]);
    assert.deepEqual(origin.cgroups, []);
  });

  test("one that listens on all of IPv4, or on everything", async () => {
    const v4 = await listener({ host: "0.0.0.0" });
    assert.deepEqual(resolve({ pids: [v4.pid], ports: ports(v4.port) }).local, [
      { address: ANYWHERE, bits: 96 },
    ]);
    const both = await listener({ host: "::" });
    assert.deepEqual(resolve({ pids: [both.pid], ports: ports(both.port) }).local, []);
  });

  test("a rule's own networks are kept where they overlap", async () => {
    const { pid, port } = await listener({ host: "0.0.0.0" });
    const from = { pids: [pid], ports: ports(port) };
    const local = [{ address: LOOPBACK, bits: 128 }];
    assert.deepEqual(resolve({ ...from, local }).local, local);
    const elsewhere = [{ address: "20010db8000000000000000000000000", bits: 32 }];
    assert.throws(
      () => resolve({ ...from, local: elsewhere }),
      refused(/does not listen on that address/),
    );
  });

  test("connections to another's narrower address are not its own", async () => {
    const wide = await listener({ host: "0.0.0.0", shared: true });
    const narrow = await listener({ host: "127.0.0.1", port: wide.port, shared: true });
    const loopback = { address: LOOPBACK, bits: 128 };
    const from = { ports: ports(wide.port) };
    assert.deepEqual(resolve({ ...from, pids: [wide.pid] }).exceptLocal, [loopback]);
    assert.deepEqual(resolve({ ...from, pids: [narrow.pid] }).local, [loopback]);
    const both = resolve({ ...from, pids: [wide.pid, narrow.pid] });
    assert.deepEqual(both.exceptLocal, []);
  });

  test("of two on the same address neither can be told by it", async () => {
    const one = await listener({ host: "127.0.0.1", shared: true });
    const other = await listener({ host: "127.0.0.1", port: one.port, shared: true });
    const from = { ports: ports(one.port) };
    assert.throws(
      () => resolve({ ...from, pids: [one.pid] }),
      refused(/shares its cgroup with other processes/),
    );
    assert.deepEqual(resolve({ ...from, pids: [one.pid, other.pid] }).local, [
      { address: LOOPBACK, bits: 128 },
    ]);
  });

  test("different addresses for different ports are two rules", async () => {
    const { pid, ports: both } = await listener({ host: "127.0.0.1" }, { host: "127.0.0.2" });
    const from = { pids: [pid] };
    assert.throws(
      () => resolve({ ...from, ports: ports(...both) }),
      refused(/listens on different addresses for different ports/),
    );
    assert.deepEqual(
      resolve({ ...from, ports: ports(...both.slice(1)) }).ports,
      ports(both[1] ?? 0),
    );
  });

  test("what cannot be told is refused with the reason", async () => {
    assert.throws(
      () => resolve({ pids: [NOBODY] }),
      refused(/^Rule r: pid 1073741824 does not run\.$/),
    );
    assert.throws(
      () => resolve({ executables: ["/no/such/program"] }),
      refused(/\/no\/such\/program does not run/),
    );
    const silent = await listener();
    assert.throws(() => resolve({ pids: [silent.pid] }), refused(/listens nowhere/));
    const { pid, port } = await listener({ host: "127.0.0.1" });
    assert.throws(
      () => resolve({ pids: [pid], ports: ports(1) }),
      refused(new RegExp(`listens on port ${port}, which is not captured`)),
    );
  });
});
