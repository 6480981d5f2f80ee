import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import {
  isCapturable,
  liveAddresses,
  reachTarget,
  refuseLiveTarget,
  resolveTarget,
} from "../../src/agent/target-check.ts";
import { resolveScope } from "../../src/capture/scope.ts";
import { TARGET_DEFAULTS } from "../../src/deliver/options.ts";
import { ShadowtapError } from "../../src/model/errors.ts";
import type { Target } from "../../src/model/target.ts";

const own = resolveScope({ kind: "own" });

function target(host: string, port: number): Target {
  const authority = `${host}:${port}`;
  return {
    name: `http://${authority}`,
    tls: false,
    host,
    port,
    authority,
    pathPrefix: "",
    options: TARGET_DEFAULTS,
  };
}

const failsWith = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof ShadowtapError && error.code === code && message.test(error.message);

test("a target at a captured port of this namespace is the live service", () => {
  for (const host of ["127.0.0.1", "127.9.9.9", "::1"])
    assert.throws(
      () =>
        refuseLiveTarget({ target: target(host, 8080), addresses: [host] }, own, new Set([8080])),
      failsWith("ST_TARGET_IS_LIVE", /is the captured service itself/),
    );
  refuseLiveTarget(
    { target: target("127.0.0.1", 8081), addresses: ["127.0.0.1"] },
    own,
    new Set([8080]),
  );
  refuseLiveTarget(
    { target: target("192.0.2.1", 8080), addresses: ["192.0.2.1"] },
    own,
    new Set([8080]),
  );
});

test("of several addresses those of the captured service are told apart", () => {
  const addresses = ["192.0.2.1", "::1", "10.0.0.1"];
  assert.deepEqual(liveAddresses(addresses, 8080, own, new Set([8080])), ["::1"]);
  assert.deepEqual(liveAddresses(addresses, 8081, own, new Set([8080])), []);
});

test("the kernel leaves out only targets that it could capture", () => {
  assert.equal(isCapturable("127.0.0.1", 9, own, new Set([8080])), false);
  assert.equal(isCapturable("127.0.0.1", 8080, own, new Set([8080])), true);
  assert.equal(isCapturable("192.0.2.1", 8080, own, new Set([8080])), true);
});

test("a name that does not resolve and a port that nobody has are said so", async () => {
  await assert.rejects(
    resolveTarget(target("no-such-host.invalid", 80)),
    failsWith("ST_TARGET_UNREACHABLE", /does not resolve/),
  );
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  await reachTarget(await resolveTarget(target("127.0.0.1", port)));
  server.close();
  await once(server, "close");
  await assert.rejects(
    reachTarget(await resolveTarget(target("127.0.0.1", port))),
    failsWith("ST_TARGET_UNREACHABLE", /cannot be reached \(127\.0\.0\.1: ECONNREFUSED\)/),
  );
});
