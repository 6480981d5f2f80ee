/** Selection by cgroup, container, process, network namespace and direction. */
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { type Cgroups, createCgroups } from "../lab/cgroups.ts";
import { ADDRESS, createLab, type Host, type Lab } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { faults, firstTarget, runShadowtap, startMirror } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";
import {
  type Answer,
  type OwnerServerOptions,
  readAnswers,
  startOwnerServer,
} from "../lab/owner-server.ts";
import type { Program } from "../lab/process.ts";

const PORT = 8080;
const CLIENT = "10.77.1.1";
const LIVE = ADDRESS.live.v4;
const LOOPBACK = ADDRESS.loopback.v4;
const NOBODY = 65_534;
const HOOKS = ["cgroup", "tc", "socket"] as const;

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}/${index}`);
}

describe("selection by place", () => {
  let lab: Lab;
  let cgroups: Cgroups;
  const servers: Program[] = [];
  before(async () => {
    lab = await createLab();
    cgroups = createCgroups();
  });
  after(async () => {
    await lab[Symbol.asyncDispose]();
    await cgroups[Symbol.asyncDispose]();
  });

  async function serve(host: Host, options: Partial<OwnerServerOptions> = {}): Promise<Program> {
    const server = await startOwnerServer(host, { port: PORT, ...options });
    servers.push(server);
    return server;
  }

  async function stopServers(): Promise<void> {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  }

  /** Sends requests on connections of their own, or all on one. */
  async function ask(host: Host, address: string, uris: readonly string[], isKept = false) {
    const flags = isKept ? [] : ["-H", "Connection: close"];
    const place = address.includes(":") ? address : `${address}:${PORT}`;
    return readAnswers(await curl(host, ...flags, ...uris.map((uri) => `http://${place}${uri}`)));
  }

  /** Mirrors to a shadow of its own; asserts that it received exactly what `wants` says of the answers. */
  async function assertMirrors(
    flags: readonly string[],
    work: () => Promise<readonly Answer[]>,
    wants: (answer: Answer) => boolean,
    host = lab.live,
  ): Promise<void> {
    const shadow = await startNginx(lab, lab.shadow, { port: 9000 });
    const to = `http://${host === lab.shadow ? LOOPBACK : ADDRESS.shadow.v4}:9000`;
    const ports = flags.includes("--port") ? [] : ["--port", String(PORT)];
    const mirror = await startMirror(lab, host, [...ports, "--to", to, ...flags]);
    const answers = await work();
    const { summary } = await mirror.stop();
    const received = (await shadow.stopAndRead()).map(({ uri }) => uri).sort();
    const wanted = answers.filter(wants).map(({ uri }) => uri);
    assert.ok(wanted.length > 0 && wanted.length < answers.length, "no choice to make");
    assert.deepEqual(received, wanted.sort());
    assert.deepEqual(faults(summary), []);
    assert.equal(firstTarget(summary).delivered, wanted.length);
    assert.equal(
      summary.ledger.capture.decoded,
      summary.ledger.capture.seen - summary.ledger.capture.skipped.not_selected,
    );
  }

  async function assertRefused(flags: readonly string[], exitCode: number, says: RegExp) {
    const args = ["mirror", "--port", String(PORT), "--to", `http://${ADDRESS.shadow.v4}:9000`];
    const { code, stderr } = await runShadowtap(lab.live, [...args, ...flags]);
    assert.equal(code, exitCode, stderr);
    assert.match(stderr, says);
  }

  describe("of servers in different cgroups on one port", () => {
    const id = { docker: "a1".repeat(32), pod: "b2".repeat(32), podman: "c3".repeat(32) };
    const place = {
      outer: "outer",
      inner: "outer/middle/inner",
      sibling: "outer-2",
      docker: `system.slice/docker-${id.docker}.scope`,
      pod: `kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod7.slice/cri-containerd-${id.pod}.scope/init.scope`,
      podman: `libpod/${id.podman}/container`,
      crowd: "crowd",
    } as const;
    const pid: Record<string, number> = {};
    const directory: Record<string, string> = {};
    before(async () => {
      for (const [name, path] of [...Object.entries(place), ["crowd-2", place.crowd] as const]) {
        const cgroup = cgroups.make(path);
        directory[name] = cgroup;
        pid[name] = (await serve(lab.live, { cgroup, isShared: true })).pid;
      }
    });
    after(stopServers);

    async function traffic(): Promise<Answer[]> {
      const visits = await Promise.all([
        ...numbered("/short", 4).map((prefix) => ask(lab.client, LIVE, numbered(prefix, 40))),
        ...numbered("/kept", 16).map((prefix) => ask(lab.client, LIVE, numbered(prefix, 5), true)),
        ask(lab.live, LOOPBACK, numbered("/loopback", 20)),
      ]);
      return visits.flat();
    }

    const cases: Record<string, { flags: () => string[]; members: readonly string[] }> = {
      "--cgroup, with those below it": {
        flags: () => ["--cgroup", directory["outer"] ?? ""],
        members: ["outer", "inner"],
      },
      "--cgroup, one that is nested": {
        flags: () => ["--cgroup", directory["inner"] ?? ""],
        members: ["inner"],
      },
      "--cgroup, whose name begins like another's": {
        flags: () => ["--cgroup", directory["sibling"] ?? ""],
        members: ["sibling"],
      },
      "--container, of Docker": {
        flags: () => ["--container", id.docker.slice(0, 12)],
        members: ["docker"],
      },
      "--container, of a pod, that divides its cgroup": {
        flags: () => ["--container", id.pod],
        members: ["pod"],
      },
      "--container, of Podman": {
        flags: () => ["--container", id.podman.slice(0, 20)],
        members: ["podman"],
      },
      "--pid, by its cgroup": { flags: () => ["--pid", `${pid["sibling"]}`], members: ["sibling"] },
      "--pid of several": {
        flags: () => ["--pid", `${pid["crowd"]}`, "--pid", `${pid["crowd-2"]}`],
        members: ["crowd", "crowd-2"],
      },
    };
    for (const [name, { flags, members }] of Object.entries(cases))
      it(name, () =>
        assertMirrors(flags(), traffic, (answer) =>
          members.some((member) => pid[member] === answer.pid),
        ),
      );

    it("of another network namespace", () =>
      assertMirrors(
        ["--container", id.pod],
        traffic,
        (answer) => answer.pid === pid["pod"],
        lab.shadow,
      ));

    for (const name of ["crowd", "outer"])
      it(`refuses a process that is not alone in its cgroup: ${name}`, () =>
        assertRefused(["--pid", `${pid[name]}`], 64, /shares its cgroup[\s\S]*ST_SCOPE_UNKNOWN/));

    for (const hook of ["tc", "socket"]) {
      it(`refuses owners that the ${hook} hook does not know`, async () => {
        for (const owner of [
          ["--uid", "nobody"],
          ["--pid", `${pid["sibling"]}`],
        ])
          await assertRefused(["--hook", hook, ...owner], 69, /ST_OWNER_UNKNOWABLE/);
      });

      it(`refuses a cgroup as the scope of the ${hook} hook`, async () => {
        for (const scope of [
          ["--cgroup", directory["sibling"] ?? ""],
          ["--container", id.docker],
        ])
          await assertRefused(["--hook", hook, ...scope], 64, /ST_USAGE|network namespace/);
      });
    }
  });

  describe("of servers that listen on different addresses and ports", () => {
    afterEach(stopServers);

    /** To every address that one of the servers below answers on. */
    async function traffic(): Promise<Answer[]> {
      const uris = numbered("", 10);
      const visits = await Promise.all([
        ask(
          lab.client,
          LIVE,
          uris.map((uri) => `/address${uri}`),
        ),
        ask(
          lab.live,
          LOOPBACK,
          uris.map((uri) => `/loopback${uri}`),
        ),
        ask(
          lab.client,
          `${LIVE}:8081`,
          uris.map((uri) => `/port${uri}`),
          true,
        ),
        ask(
          lab.client,
          `${ADDRESS.live.v6}:${PORT}`,
          uris.map((uri) => `/v6${uri}`),
        ),
      ]);
      return visits.flat();
    }
    const bothPorts = ["--port", `${PORT},8081`];

    for (const hook of HOOKS)
      it(`--pid of each, ${hook} hook`, async () => {
        const all = [
          await serve(lab.live, { address: LIVE }),
          await serve(lab.live, { address: LOOPBACK }),
          await serve(lab.live, { port: 8081 }),
          await serve(lab.live, { address: "::" }),
        ];
        for (const { pid } of all)
          await assertMirrors(
            [...bothPorts, "--hook", hook, "--pid", String(pid)],
            traffic,
            (answer) => answer.pid === pid,
          );
      });

    it("--pid of one that listens on all addresses where another listens on one", async () => {
      const wide = await serve(lab.live, { isShared: true, cgroup: cgroups.make("wide") });
      const narrow = await serve(lab.live, { isShared: true, address: LOOPBACK });
      await serve(lab.live, { address: "::" });
      await serve(lab.live, { port: 8081 });
      for (const { pid } of [wide, narrow])
        await assertMirrors(["--pid", String(pid)], traffic, (answer) => answer.pid === pid);
    });

    it("--exe, wherever else the program runs", async () => {
      const own = join(lab.dir, "own-node");
      copyFileSync(process.execPath, own);
      const wanted = await serve(lab.live, { executable: own });
      await serve(lab.live, { port: 8081 });
      await serve(lab.live, { address: "::" });
      // The same program in another namespace, on a port that in ours is another's.
      const elsewhere = await serve(lab.client, { executable: own, port: 8081 });
      const work = async () => [
        ...(await traffic()),
        ...(await ask(lab.live, `${CLIENT}:8081`, ["/elsewhere"])),
      ];
      await assertMirrors([...bothPorts, "--exe", own], work, ({ pid }) => pid === wanted.pid);
      await assertRefused(["--pid", String(elsewhere.pid)], 64, /is not in this network namespace/);
    });
  });

  describe("of one port in two network namespaces, by user", () => {
    let own: number;
    before(async () => {
      own = (await serve(lab.live, { uid: NOBODY })).pid;
      await serve(lab.client, { uid: NOBODY });
    });
    after(stopServers);

    async function traffic(): Promise<Answer[]> {
      const visits = await Promise.all([
        ask(lab.client, LIVE, numbered("/in", 20)),
        ask(lab.live, CLIENT, numbered("/elsewhere", 20)),
        ask(lab.live, LOOPBACK, numbered("/loopback", 20), true),
        ask(lab.client, LOOPBACK, numbered("/loopback-elsewhere", 20), true),
      ]);
      return visits.flat();
    }

    it("takes its own", () =>
      assertMirrors(["--uid", "nobody"], traffic, ({ pid }) => pid === own));

    it("takes the one that is named", () => {
      const flags = ["--uid", String(NOBODY), "--netns", lab.live.netnsPath];
      return assertMirrors(flags, traffic, ({ pid }) => pid === own, lab.shadow);
    });
  });

  describe("by direction", () => {
    before(async () => {
      await serve(lab.live);
      await serve(lab.client);
    });
    after(stopServers);

    const as = (user: number, uris: readonly string[]) =>
      lab.live
        .run("setpriv", [
          ...[`--reuid=${user}`, `--regid=${user}`, "--clear-groups", "curl", "-sS"],
          ...uris.map((uri) => `http://${CLIENT}:${PORT}${uri}`),
        ])
        .then(({ stdout }) => readAnswers(stdout));

    async function traffic(): Promise<Answer[]> {
      const visits = await Promise.all([
        ask(lab.client, LIVE, numbered("/in", 20)),
        ask(lab.client, LIVE, numbered("/in/kept", 20), true),
        ask(lab.live, CLIENT, numbered("/out", 20)),
        ask(lab.live, CLIENT, numbered("/out/kept", 20), true),
        ask(lab.live, LOOPBACK, numbered("/both", 20)),
        as(NOBODY, numbered("/out/nobody", 20)),
      ]);
      return visits.flat();
    }

    for (const hook of HOOKS)
      for (const direction of ["in", "out"])
        it(`${direction}, ${hook} hook`, () =>
          assertMirrors(["--hook", hook, "--direction", direction], traffic, ({ uri }) =>
            [`/${direction}/`, "/both/"].some((prefix) => uri.startsWith(prefix)),
          ));

    it("out, by the user that sends", () =>
      assertMirrors(["--direction", "out", "--uid", "nobody"], traffic, ({ uri }) =>
        uri.startsWith("/out/nobody/"),
      ));
  });
});
