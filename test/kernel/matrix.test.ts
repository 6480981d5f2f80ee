/**
 * Every client against every server, on the wire and on loopback, IPv4 and IPv6, through both hooks: what the live server
 * logged is what the shadow logged, and what the ledger says.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type LoggedRequest, tally } from "../lab/access-log.ts";
import { startApache } from "../lab/apache.ts";
import { ADDRESS, createLab, type Family, type Host, type Lab } from "../lab/lab.ts";
import { bench10, curl, full, paced } from "../lab/load.ts";
import { faults, firstTarget, type MirrorResult, mirrorDuring } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";

const HOOKS = ["cgroup", "tc"] as const;
const PATHS = ["veth", "loopback"] as const;
const FAMILIES: readonly Family[] = ["v4", "v6"];
/** The shadow's port is one of them: the same port in another namespace is another service. */
const SERVERS = { nginx: 8080, deferred: 8081, apache: 8082 } as const;
const WRK_CONNECTIONS = 2;

const CLIENTS: Record<string, (lab: Lab, host: Host, url: string) => Promise<unknown>> = {
  curl: (_lab, host, url) => curl(host, `${url}?one`, `${url}?two`, "-I", `${url}?three`),
  h2load: (lab, host, url) =>
    paced(lab, host, { url, connections: 4, requestsPerSecond: 1_000, seconds: 0.3 }),
  ab: (_lab, host, url) => bench10(host, { url, connections: 4, requests: 100 }),
  "ab -k": (_lab, host, url) =>
    bench10(host, { url, connections: 4, requests: 100, keepAlive: true }),
  wrk: (lab, host, url) =>
    full(lab, host, { url, connections: WRK_CONNECTIONS, seconds: 1, pauseMs: 5 }),
};

function pick(requests: readonly LoggedRequest[], path: string): LoggedRequest[] {
  return requests.filter(({ uri }) => uri === path || uri.startsWith(`${path}?`));
}

for (const hook of HOOKS)
  for (const path of PATHS)
    describe(`${hook} hook, ${path}`, () => {
      let lab: Lab;
      let result: MirrorResult;
      const live: LoggedRequest[] = [];
      let shadow: LoggedRequest[] = [];

      before(async () => {
        lab = await createLab();
        const [nginx, deferred, apache, copy] = await Promise.all([
          startNginx(lab, lab.live, { port: SERVERS.nginx }),
          startNginx(lab, lab.live, { port: SERVERS.deferred, deferred: true }),
          startApache(lab, lab.live, SERVERS.apache),
          startNginx(lab, lab.shadow, { port: SERVERS.nginx }),
        ]);
        const ports = Object.values(SERVERS).join(",");
        const target = `http://${ADDRESS.shadow.v4}:${SERVERS.nginx}`;
        const host = path === "veth" ? lab.client : lab.live;
        const args = ["--port", ports, "--to", target, "--hook", hook];
        result = await mirrorDuring(lab, lab.live, args, async () => {
          for (const [server, port] of Object.entries(SERVERS))
            for (const family of FAMILIES)
              for (const [client, run] of Object.entries(CLIENTS)) {
                const address = ADDRESS[path === "veth" ? "live" : "loopback"][family];
                const name = `${server}-${family}-${client.replace(" ", "")}`;
                await run(lab, host, `http://${address}:${port}/${name}`);
              }
        });
        for (const server of [nginx, deferred, apache]) live.push(...(await server.stopAndRead()));
        shadow = await copy.stopAndRead();
      });
      after(() => lab[Symbol.asyncDispose]());

      for (const server of Object.keys(SERVERS))
        for (const family of FAMILIES)
          for (const client of Object.keys(CLIENTS))
            it(`${client} to ${server} over IP${family}`, () => {
              const name = `/${server}-${family}-${client.replace(" ", "")}`;
              const expected = pick(live, name);
              const received = pick(shadow, name);
              assert.ok(expected.length > 0, "the live server logged nothing");
              if (client !== "wrk") {
                assert.deepEqual(tally(received), tally(expected));
                return;
              }
              // wrk leaves with requests under way, which the server need not log.
              const extra = received.length - expected.length;
              assert.ok(extra >= 0 && extra <= WRK_CONNECTIONS, `${extra} more than live`);
            });

      it("the ledger says the same as the shadow, and balances", () => {
        assert.equal(result.code, 0, result.stderr);
        assert.deepEqual(faults(result.summary), []);
        const target = firstTarget(result.summary);
        assert.equal(target.delivered, shadow.length);
        assert.equal(target.offered, target.delivered);
        assert.deepEqual(
          shadow.filter(({ marker }) => marker !== "true"),
          [],
        );
      });
    });
