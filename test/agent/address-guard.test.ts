import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { addressRefusal, refuseTargetOutside } from "../../src/agent/address-guard.ts";
import { addressBytes } from "../../src/capture/address.ts";
import type { AllowedTarget } from "../../src/model/run-config.ts";
import { target } from "./sample-rules.ts";

function network(text: string): AllowedTarget {
  const [address = "", bits = ""] = text.split("/");
  const base = address.includes(".") ? 96 : 0;
  const cidr = { address: Buffer.from(addressBytes(address)).toString("hex"), bits: base + +bits };
  return { kind: "network", cidr };
}

const NOTHING_SAID = { allowTargets: undefined, choseRedaction: false };

describe("an address that nobody has allowed", () => {
  const inside = [
    "127.0.0.1",
    "127.255.255.255",
    "::1",
    "0.0.0.0",
    "::",
    "10.0.0.0",
    "10.255.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.0",
    "100.127.255.255",
    "fc00::1",
    "fdff:ffff::1",
    "fe80::1%eth0",
    "febf::1",
    "::ffff:10.1.2.3",
  ];
  const outside = [
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "0.0.0.1",
    "::2",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "169.253.255.255",
    "100.63.255.255",
    "100.128.0.0",
    "fbff::1",
    "fe00::1",
    "fec0::1",
    "2001:db8::1",
    "::ffff:8.8.8.8",
    // The private address 10.0.0.1 through a translator is reached in public.
    "64:ff9b::a00:1",
  ];
  for (const address of inside)
    test(`${address} is private`, () =>
      assert.equal(addressRefusal("shadow", address, NOTHING_SAID), undefined));
  for (const address of outside) {
    test(`${address} is not`, () =>
      assert.equal(addressRefusal("shadow", address, NOTHING_SAID), "not_private"));
    test(`${address} may be sent to when it is said what is redacted`, () =>
      assert.equal(
        addressRefusal("shadow", address, { ...NOTHING_SAID, choseRedaction: true }),
        undefined,
      ));
  }
});

describe("what is allowed is all that is", () => {
  const cases: [allowed: AllowedTarget, host: string, address: string, isAllowed: boolean][] = [
    [network("10.0.0.0/8"), "a", "10.9.9.9", true],
    [network("10.0.0.0/8"), "a", "11.0.0.0", false],
    [network("10.0.0.0/8"), "a", "127.0.0.1", false],
    [network("192.0.2.128/25"), "a", "192.0.2.127", false],
    [network("192.0.2.128/25"), "a", "192.0.2.128", true],
    [network("2001:db8::/33"), "a", "2001:db8:7fff::1", true],
    [network("2001:db8::/33"), "a", "2001:db8:8000::1", false],
    [network("0.0.0.0/0"), "a", "8.8.8.8", true],
    [network("0.0.0.0/0"), "a", "2001:db8::1", false],
    [network("::/0"), "a", "8.8.8.8", true],
    [{ kind: "host", name: "shadow.test" }, "Shadow.TEST.", "8.8.8.8", true],
    [{ kind: "host", name: "shadow.test" }, "a.shadow.test", "8.8.8.8", false],
    [{ kind: "domain", name: "shadow.test" }, "A.b.Shadow.test", "8.8.8.8", true],
    [{ kind: "domain", name: "shadow.test" }, "shadow.test", "8.8.8.8", false],
    [{ kind: "domain", name: "shadow.test" }, "notshadow.test", "8.8.8.8", false],
  ];
  for (const [allowed, host, address, isAllowed] of cases)
    test(`${JSON.stringify(allowed)}: ${host} at ${address}`, () => {
      const policy = { allowTargets: [allowed], choseRedaction: true };
      const expected = isAllowed ? undefined : "not_allowed";
      assert.equal(addressRefusal(host, address, policy), expected);
    });

  test("nothing allowed is nothing", () => {
    const policy = { allowTargets: [], choseRedaction: true };
    assert.equal(addressRefusal("localhost", "127.0.0.1", policy), "not_allowed");
  });
});

test("a target is refused for any of its addresses, with what to do about it", () => {
  const found = { target: target("shadow"), addresses: ["10.0.0.1", "8.8.8.8"] };
  refuseTargetOutside(found, { allowTargets: undefined, choseRedaction: true });
  assert.throws(() => refuseTargetOutside(found, NOTHING_SAID), {
    code: "ST_TARGET_REFUSED",
    exitCode: 64,
    message:
      "The target shadow is at 8.8.8.8, outside of private networks, and nothing says what is redacted on the way there.",
    hints: [
      "Say what is taken out of the copies: `--redact standard`, or `--redact off` to send them as they are.",
    ],
  });
  assert.throws(
    () => refuseTargetOutside(found, { ...NOTHING_SAID, allowTargets: [network("0.0.0.0/0")] }),
    { code: "ST_TARGET_REFUSED", message: /outside of private networks/ },
    "to be allowed does not say what is redacted",
  );
  assert.throws(
    () =>
      refuseTargetOutside(found, { allowTargets: [network("10.0.0.0/8")], choseRedaction: true }),
    { code: "ST_TARGET_REFUSED", message: /is at 8\.8\.8\.8, which is not among/ },
  );
});
