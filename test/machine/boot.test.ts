import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { guestScript } from "../../scripts/machine/boot.ts";
import { chooseMirror, partsOf } from "../../scripts/machine/kernel-package.ts";
import { readTap } from "../../scripts/machine/tap-output.ts";

test("the guest's script hands over every word as it is", () => {
  const words = ["printf", "%s|", "a b", "it's", "$HOME", "`x`", "", "*"];
  const script = guestScript({ command: words, workingDirectory: "/a 'b'" });
  const line = script.split("\n").find((text) => text.startsWith("'printf'")) ?? "";
  const said = execFileSync("bash", ["-c", line.replace(/ <\/dev\/null.*$/, "")], {
    encoding: "utf8",
  });
  assert.equal(said, "a b|it's|$HOME|`x`||*|");
  assert.match(script, /^cd '\/a '\\''b'\\'''$/m);
});

test("the mirror is that of Debian itself: not of its updates, nor of anyone else", () => {
  const targets = `Other stable http://other.example/debian
Debian bookworm-security http://one.example/debian-security
Debian bookworm-updates http://one.example/debian
Debian bookworm http://one.example/debian/
`;
  assert.equal(chooseMirror(targets), "http://one.example/debian/");
  assert.equal(
    chooseMirror("$(ORIGIN) bookworm http://one.example/debian"),
    "http://one.example/debian",
  );
  assert.equal(chooseMirror("Debian bookworm-updates http://one.example/debian"), undefined);
  assert.equal(chooseMirror(""), undefined);
});

test("a kernel in several packages is found whole", () => {
  const depends = `linux-image-7-amd64
  PreDepends: linux-base
  Depends: linux-base-7-amd64
  Depends: linux-binary-7-amd64
  Depends: linux-modules-7-amd64
  Recommends: linux-modules-extra
`;
  assert.deepEqual(partsOf(depends), [
    "linux-base-7-amd64",
    "linux-binary-7-amd64",
    "linux-modules-7-amd64",
  ]);
});

test("test results are read from TAP, and one without an end is a failure", () => {
  const text = `TAP version 13
ok 1 - first
    not ok 1 - inner
not ok 2 - second
# pass 1
# fail 2
# cancelled 1
# skipped 4
`;
  assert.deepEqual(readTap("a", text), {
    file: "a",
    passed: 1,
    failed: 3,
    skipped: 4,
    failures: ["inner", "second"],
  });
  const crashed = text.replace("ok 1 - first", "not ok 1 - a\n  signal: 'SIGSEGV'");
  assert.equal(readTap("a", crashed).crash, "SIGSEGV");
  assert.equal(readTap("a", "TAP version 13\nok 1 - first\n").failed, 1);
});
