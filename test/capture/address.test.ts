import assert from "node:assert/strict";
import { test } from "node:test";
import { addressBytes, addressText } from "../../src/capture/address.ts";
import { fc } from "../fuzz/property.ts";

test("IPv4 is mapped, IPv6 is itself, zones are left out", () => {
  assert.equal(
    Buffer.from(addressBytes("10.0.0.9")).toString("hex"),
    "00000000000000000000ffff0a000009",
  );
  assert.equal(
    Buffer.from(addressBytes("::1")).toString("hex"),
    "00000000000000000000000000000001",
  );
  assert.equal(
    Buffer.from(addressBytes("fe80::1%eth0")).toString("hex"),
    "fe800000000000000000000000000001",
  );
  assert.equal(Buffer.from(addressBytes("::")).toString("hex"), "0".repeat(32));
  assert.equal(
    Buffer.from(addressBytes("1:2:3:4:5:6:7:8")).toString("hex"),
    "00010002000300040005000600070008",
  );
});

test("bytes and text are inverse", () => {
  fc.assert(fc.property(fc.ipV4(), (address) => addressText(addressBytes(address)) === address));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      assert.deepEqual(addressBytes(addressText(bytes)), bytes);
    }),
  );
});
