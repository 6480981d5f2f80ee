import assert from "node:assert/strict";
import test from "node:test";
import { createAct } from "../../../src/redact/act/create-act.ts";
import { fc } from "../../fuzz/property.ts";

const act = createAct(Buffer.from("a key for tests"));
const standIn = (value: string): string => act({ kind: "tokenise" }, undefined, value) ?? "";

test("a value of no known kind keeps its shape", () => {
  assert.match(standIn("Jane Doe"), /^[A-Z][a-z]{3} [A-Z][a-z]{2}$/);
  assert.match(standIn("AB-1234/x"), /^[A-Z]{2}-\d{4}\/[a-z]$/);
  assert.match(standIn("j\xc3\xb6rg"), /^[a-z]{5}$/);
  assert.match(standIn("--"), /^[a-z]{2}$/);
  assert.equal(standIn(""), "");
});

test("hexadecimal digits stay such, and a UUID keeps version and variant", () => {
  assert.match(
    standIn("550e8400-e29b-41d4-a716-446655440000"),
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.match(standIn("da39a3ee5e6b4b0d3255bfef95601890afd80709"), /^[0-9a-f]{40}$/);
  assert.match(standIn("DA39A3EE5E6B4B0D"), /^[0-9A-F]{16}$/);
});

test("a number stays a number of JSON", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
      (n) => {
        const value = JSON.stringify(n);
        const replaced = standIn(value);
        assert.equal(typeof JSON.parse(replaced), "number", `${value} -> ${replaced}`);
        assert.equal(replaced.length, value.length);
        assert.notEqual(replaced, value);
      },
    ),
  );
});

test("what is of a known kind within a value gets a stand-in of that kind", () => {
  assert.match(
    standIn("Jane <jane@corp.com>"),
    /^[A-Z][a-z]{3} <[a-z2-7]{12}@[a-z2-7]{8}\.invalid>$/,
  );
  assert.equal(standIn("jane@corp.com"), act({ kind: "tokenise" }, "email", "jane@corp.com"));
});
