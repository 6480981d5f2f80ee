import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { publicCommandLine } from "../../../src/agent/audit/command-line.ts";
import { describeOrigin, programDigest } from "../../../src/agent/audit/describe-origin.ts";
import { describeRules } from "../../../src/agent/audit/describe-rules.ts";
import { startedTicks } from "../../../src/agent/audit/processes.ts";
import { parseMirrorOptions } from "../../../src/agent/options.ts";

const directory = mkdtempSync(join(tmpdir(), "shadowtap-origin-"));
after(() => rmSync(directory, { recursive: true }));

test("a command line is told without what may be secret", () => {
  assert.deepEqual(
    publicCommandLine([
      "mirror",
      "--port=8080",
      "--to",
      "http://me:secret@10.0.0.9:80/v1?key=secret#secret",
      "--to=https://me@shadow.example",
      "--set-header",
      "Authorization: Bearer secret",
      "--set-header=X-Env:secret",
      "--header",
      "cookie: secret",
      "--header=x-canary",
      "--path",
      "/api/*",
    ]),
    [
      "mirror",
      "--port=8080",
      "--to",
      "http://[left out]@10.0.0.9:80/v1[left out]",
      "--to=https://[left out]@shadow.example",
      "--set-header",
      "Authorization: [left out]",
      "--set-header=X-Env: [left out]",
      "--header",
      "cookie: [left out]",
      "--header=x-canary",
      "--path",
      "/api/*",
    ],
  );
});

function config(more: Record<string, unknown> = {}) {
  const flags = { port: ["8080"], to: ["http://10.0.0.9/v1"], ...more };
  return parseMirrorOptions(flags as Parameters<typeof parseMirrorOptions>[0]).config;
}

test("rules are told whole, but for headers that are set and for credentials", () => {
  const { rules, policies, targets } = describeRules(
    config({
      "set-header": ["X-Key: secret"],
      header: ["authorization: secret", "cookie: secret", "x-user: 42"],
      path: "/api/*",
    }),
  );
  assert.doesNotMatch(rules.text, /secret/);
  const { rules: told } = JSON.parse(rules.text);
  assert.equal(told[0].match.of.length, 4);
  assert.match(rules.text, /"X-Key","\[left out\]"/);
  assert.match(rules.text, /"name":"x-user","test":\{"kind":"exact","value":"42"\}/);
  assert.match(rules.text, /\/api\/\*/);
  assert.match(policies[0]?.policy ?? "", /^[0-9a-f]{16}$/);
  assert.deepEqual(targets, [{ name: "http://10.0.0.9/v1", url: "http://10.0.0.9/v1" }]);
});

test("other rules have another hash", () => {
  const hashes = [config(), config({ percent: "10" }), config({ path: "/a" })].map(
    (one) => describeRules(one).rules.sha256,
  );
  assert.equal(new Set(hashes).size, 3);
  assert.equal(describeRules(config()).rules.sha256, hashes[0]);
});

test("the program's hash is that of the tools that everybody has", () => {
  mkdirSync(join(directory, "dist/b"), { recursive: true });
  for (const name of ["dist/b/x.js", "dist/b.js", "dist/B.js", "package.json"])
    writeFileSync(join(directory, name), name);
  symlinkSync("b.js", join(directory, "dist/link.js"));
  const command =
    "find dist package.json -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-64";
  const expected = execFileSync("sh", ["-c", command], { cwd: directory, encoding: "utf8" }).trim();
  assert.equal(programDigest(directory, ["dist", "nothing", "package.json"]), expected);
  writeFileSync(join(directory, "dist/b.js"), "changed");
  assert.notEqual(programDigest(directory, ["dist", "nothing", "package.json"]), expected);
});

test("who starts it is what the kernel says", () => {
  const { who, process: own, host, binary, command } = describeOrigin();
  assert.equal(who.uid, process.getuid?.());
  assert.equal(who.parent.pid, process.ppid);
  assert.ok(who.parent.name);
  assert.equal(own.pid, process.pid);
  assert.equal(own.started_ticks, startedTicks(process.pid));
  assert.ok(own.started_ticks > 0);
  assert.match(host.boot_id, /^[0-9a-f-]{36}$/);
  assert.match(binary.sha256, /^[0-9a-f]{64}$/);
  assert.equal(command[0], "shadowtap");
});

test("a process that is none has no start", () => {
  assert.equal(startedTicks(2 ** 22 + 1), undefined);
});
