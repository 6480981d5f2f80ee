import assert from "node:assert/strict";
import { test } from "node:test";
import {
  mayChangeUser,
  missingCapabilities,
  neededCapabilities,
} from "../../src/agent/capabilities.ts";
import { checkKernel } from "../../src/agent/doctor/kernel.ts";

/** include/uapi/linux/capability.h */
const [SETGID, SETUID, NET_ADMIN, NET_RAW, SYS_ADMIN, BPF] = [6n, 7n, 12n, 13n, 21n, 39n].map(
  (bit) => 1n << bit,
) as [bigint, bigint, bigint, bigint, bigint, bigint];

test("what a hook needs is what it misses when there is nothing", () => {
  for (const hook of ["auto", "cgroup", "tc", "socket"] as const)
    assert.deepEqual(missingCapabilities(0n, hook), neededCapabilities(hook));
  assert.deepEqual(missingCapabilities(BPF | NET_ADMIN, "tc"), []);
  assert.deepEqual(missingCapabilities(BPF | NET_ADMIN, "socket"), ["CAP_NET_RAW"]);
  assert.deepEqual(missingCapabilities(BPF | NET_RAW, "socket"), []);
  assert.deepEqual(missingCapabilities(SYS_ADMIN, "cgroup"), ["CAP_NET_ADMIN"]);
});

test("root may become another with both capabilities for it only", () => {
  assert.equal(mayChangeUser(SETUID | SETGID), true);
  assert.equal(mayChangeUser(SETUID), false);
  assert.equal(mayChangeUser(SETGID), false);
});

test("doctor tells the least for each hook", () => {
  const least = checkKernel().filter(({ name }) => name.startsWith("least for"));
  assert.deepEqual(
    least.map(({ name, detail }) => `${name}: ${detail}`),
    [
      "least for cgroup: CAP_BPF and CAP_NET_ADMIN.",
      "least for tc: CAP_BPF and CAP_NET_ADMIN.",
      "least for socket: CAP_BPF and CAP_NET_RAW.",
    ],
  );
});
