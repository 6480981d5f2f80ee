import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { readAllowedTarget, readTtl } from "../../../src/agent/config/guard-values.ts";
import { parseConfigText } from "../../../src/agent/config/load.ts";
import type { RawFlags } from "../../../src/agent/config/raw-flags.ts";
import {
  parseMirrorOptions,
  parsePlanOptions,
  parseRunOptions,
} from "../../../src/agent/options.ts";
import { ShadowtapError } from "../../../src/model/errors.ts";
import type { GuardConfig } from "../../../src/model/run-config.ts";

const HOUR_MS = 3_600_000;
const NO_GUARD: GuardConfig = {
  allowTargets: undefined,
  ttlMs: undefined,
  stopFile: undefined,
  user: undefined,
};

const TEN = { address: "00000000000000000000ffff0a000000", bits: 104 };

function guardOf(flags: RawFlags): GuardConfig {
  return parseMirrorOptions({ port: ["80"], to: ["http://a"], ...flags }).config.guard;
}

function refused(flags: RawFlags): string {
  try {
    guardOf(flags);
  } catch (error) {
    assert.ok(error instanceof ShadowtapError && error.code === "ST_USAGE", String(error));
    assert.ok(error.hints.length > 0);
    return error.message;
  }
  return assert.fail("accepted");
}

describe("what targets may resolve to", () => {
  const accepted: readonly (readonly [string, object])[] = [
    ["10.0.0.0/8", { kind: "network", cidr: TEN }],
    ["::1", { kind: "network", cidr: { address: `${"0".repeat(31)}1`, bits: 128 } }],
    [
      "0.0.0.0/0",
      { kind: "network", cidr: { address: "00000000000000000000ffff00000000", bits: 96 } },
    ],
    ["Shadow.Internal", { kind: "host", name: "shadow.internal" }],
    ["localhost", { kind: "host", name: "localhost" }],
    ["*.svc.cluster.local", { kind: "domain", name: "svc.cluster.local" }],
  ];
  for (const [text, allowed] of accepted)
    test(text, () => assert.deepEqual(readAllowedTarget(text), allowed));

  const invalid = [
    "",
    "*",
    "*.",
    "a b",
    "a:80",
    "http://a",
    "10.0.0.300",
    "10.0.0",
    "1",
    "[::1]",
    "a.*",
    "*.10",
  ];
  for (const text of invalid)
    test(`not ${JSON.stringify(text)}`, () =>
      assert.deepEqual(readAllowedTarget(text), { kind: "invalid" }));

  test("a network with bits behind its prefix tells what was meant", () =>
    assert.deepEqual(readAllowedTarget("10.1.2.3/8"), { kind: "host_bits", meant: "10.0.0.0/8" }));
});

test("how long a run may last", () => {
  assert.equal(readTtl("8h"), 8 * HOUR_MS);
  assert.equal(readTtl("none"), "never");
  assert.equal(readTtl("0"), "never");
  for (const text of ["", "8", "0s", "never", "9000h", "-1h"])
    assert.equal(readTtl(text), undefined, text);
});

describe("the guard by flags", () => {
  test("a mirror ends after eight hours unless something else is said", () => {
    assert.deepEqual(guardOf({}), { ...NO_GUARD, ttlMs: 8 * HOUR_MS });
    assert.deepEqual(guardOf({ ttl: "90m" }), { ...NO_GUARD, ttlMs: 1.5 * HOUR_MS });
    assert.deepEqual(guardOf({ ttl: "none" }), NO_GUARD);
    assert.deepEqual(guardOf({ ttl: "0" }), NO_GUARD);
  });

  test("all of it", () => {
    const guard = guardOf({
      "allow-target": ["10.0.0.0/8,shadow.internal", "*.svc.cluster.local", "shadow.internal"],
      "stop-file": "stop",
      user: "www-data",
      ttl: "1h",
    });
    assert.deepEqual(guard, {
      allowTargets: [
        { kind: "network", cidr: TEN },
        { kind: "host", name: "shadow.internal" },
        { kind: "domain", name: "svc.cluster.local" },
      ],
      ttlMs: HOUR_MS,
      stopFile: resolve("stop"),
      user: "www-data",
    });
  });

  test("the key's path begins where the command runs", () => {
    const { config } = parseMirrorOptions({ port: ["80"], to: ["http://a"], "redact-key": "k" });
    assert.equal(config.redactionKeyFile, resolve("k"));
  });

  test("plan has no end but its own", async () => {
    const { config } = await parsePlanOptions({ port: ["80"], user: "www-data" });
    assert.deepEqual(config.guard, { ...NO_GUARD, user: "www-data" });
  });

  test("are refused with what to write instead", () => {
    assert.equal(
      refused({ "allow-target": ["10.0.0.1/8"] }),
      '--allow-target "10.0.0.1/8" has bits set behind its prefix.',
    );
    assert.equal(
      refused({ "allow-target": ["*"] }),
      '--allow-target "*" is neither a network nor a host.',
    );
    assert.equal(
      refused({ ttl: "8" }),
      '--ttl "8" is neither a duration from 1ms to 8760h nor none.',
    );
    for (const user of ["root", "0", "000", "", "a b"])
      assert.equal(refused({ user }), `--user "${user}" is not an unprivileged user.`);
    assert.equal(refused({ "stop-file": "" }), "--stop-file needs a path.");
  });
});

describe("the guard in a rules file", () => {
  const text = (guard: string) =>
    `apiVersion: shadowtap.dev/v1alpha1\nkind: MirrorConfig\nmirrors: [{ name: a, from: { ports: [80] }, to: { url: http://a } }]\n${guard}`;
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "shadowtap-guard-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  test("has no end by default", async () => {
    const { config } = await parseConfigText(text(""), "f.yaml");
    assert.deepEqual(config?.guard, NO_GUARD);
  });

  test("ends after a time or never", async () => {
    for (const [ttl, ttlMs] of [
      ["8h", 8 * HOUR_MS],
      ["none", undefined],
      ["0", undefined],
    ] as const) {
      const { config, problems } = await parseConfigText(text(`guard: { ttl: ${ttl} }`), "f.yaml");
      assert.deepEqual(problems, []);
      assert.deepEqual(config?.guard, { ...NO_GUARD, ttlMs });
    }
  });

  test("flags win over it, each for itself", async () => {
    const file = join(folder, "f.yaml");
    writeFileSync(
      file,
      text(
        "guard: { ttl: 2h, user: 33, allowTargets: [a], stopFile: /run/stop }\nredaction: { preset: strict, keyFile: k }\n",
      ),
    );
    const { config } = await parseRunOptions({ config: file, ttl: "none", "allow-target": ["b"] });
    assert.deepEqual(config.guard, {
      allowTargets: [{ kind: "host", name: "b" }],
      ttlMs: undefined,
      stopFile: "/run/stop",
      user: "33",
    });
    assert.equal(config.redactionKeyFile, join(folder, "k"));
    const other = await parseRunOptions({ config: file, "redact-key": "/other" });
    assert.equal(other.config.redactionKeyFile, "/other");
    assert.equal(other.config.rules[0]?.redact.preset, "strict");
    assert.equal(other.config.guard.ttlMs, 2 * HOUR_MS);
  });
});
