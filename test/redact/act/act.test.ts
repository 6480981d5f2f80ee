import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import {
  DEFAULT_DETECTORS,
  type DetectorName,
  OPT_IN_DETECTORS,
} from "../../../src/model/redaction.ts";
import { createAct } from "../../../src/redact/act/create-act.ts";
import { isClean, isStandIn } from "../../../src/redact/act/is-stand-in.ts";
import { createScan } from "../../../src/redact/detect/scan.ts";
import { fc } from "../../fuzz/property.ts";
import { SAMPLES } from "../detect/samples.ts";
import { suspiciousText } from "../detect/suspicious-text.ts";

const ALL: readonly DetectorName[] = [...DEFAULT_DETECTORS, ...OPT_IN_DETECTORS];
const key = Buffer.from("a key for tests");
const act = createAct(key);
const scan = createScan(ALL);
const tokenise = { kind: "tokenise" } as const;

const values = ALL.flatMap((detector) =>
  SAMPLES[detector].map(([, value]) => [detector, value] as const),
);

/** All that is found replaced, until nothing new is found: replacing brings neighbours together. */
const redact = (text: string): string => {
  let current = text;
  for (let pass = 0; pass < 8; pass++) {
    let next = "";
    let end = 0;
    for (const finding of scan(current)) {
      const value = current.slice(finding.start, finding.end);
      next += current.slice(end, finding.start) + act(tokenise, finding.detector, value);
      end = finding.end;
    }
    next += current.slice(end);
    if (next === current) return current;
    current = next;
  }
  return current;
};

test("remove, mask and replace", () => {
  assert.equal(act({ kind: "remove" }, "card", "4111"), undefined);
  assert.equal(act({ kind: "mask" }, undefined, "j\xc3\xb6rg"), "*****");
  assert.equal(act({ kind: "replace", value: "gone" }, "email", "a@b.de"), "gone");
});

test("a hash is 16 hexadecimal digits, equal for equal values", () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const hashed = act({ kind: "hash" }, undefined, value) ?? "";
      assert.match(hashed, /^[0-9a-f]{16}$/);
      assert.equal(createAct(key)({ kind: "hash" }, "card", value), hashed);
      assert.ok(isClean(hashed));
    }),
  );
});

test("what a detector knows gets a stand-in that is known again, and stays as it is", () => {
  for (const [detector, value] of values) {
    assert.equal(isStandIn(detector, value), false, `${value} is real`);
    const standIn = act(tokenise, detector, value) ?? "";
    assert.ok(isStandIn(detector, standIn), `${detector}: ${value} -> ${standIn}`);
    assert.notEqual(standIn, value);
    assert.ok(isClean(standIn), standIn);
    assert.equal(act(tokenise, detector, standIn), standIn);
  }
});

test("stand-ins of default detectors are found by them, so their format is kept", () => {
  for (const [detector, value] of values) {
    const context = detector === "bearer" ? "Bearer " : detector === "api_key" ? "api_key=" : "";
    if ((OPT_IN_DETECTORS as readonly string[]).includes(detector)) continue;
    const standIn = context + act(tokenise, detector, value);
    const isOtherBrand = detector === "card" && /^400000/.test(standIn) && !value.startsWith("4");
    if (isOtherBrand) continue;
    const [finding] = createScan([detector])(standIn);
    assert.equal(standIn.slice(finding?.start, finding?.end), standIn.slice(context.length));
  }
});

test("a card keeps brand, length and separators", () => {
  const standIn = (value: string) => act(tokenise, "card", value) ?? "";
  assert.match(standIn("4111 1111 1111 1111"), /^4000 00\d\d \d{4} \d{4}$/);
  assert.match(standIn("5105-1051-0510-5100"), /^5555-55\d\d-\d{4}-\d{4}$/);
  assert.match(standIn("3782 822463 10005"), /^3700 00\d{4} \d{5}$/);
  assert.equal(standIn("4111-1111-1111-1111"), standIn("4111 1111 1111 1111").replaceAll(" ", "-"));
});

test("addresses of one domain get stand-ins of one domain", () => {
  const domain = (value: string) => act(tokenise, "email", value)?.split("@")[1];
  const mailbox = (value: string) => act(tokenise, "email", value)?.split("@")[0];
  assert.equal(domain("a@corp.com"), domain("b@Corp.com"));
  assert.notEqual(domain("a@corp.com"), domain("a@corp.org"));
  assert.notEqual(mailbox("a@corp.com"), mailbox("b@corp.com"));
});

test("after redaction no detector finds anything but stand-ins, and redacting again changes nothing", () => {
  fc.assert(
    fc.property(suspiciousText, (text) => {
      const redacted = redact(text);
      for (const { detector, start, end } of scan(redacted)) {
        assert.ok(isStandIn(detector, redacted.slice(start, end)), redacted.slice(start, end));
      }
      assert.equal(redact(redacted), redacted);
    }),
    { numRuns: 500 },
  );
});

test("a stand-in of any value is clean, and not the value", () => {
  fc.assert(
    fc.property(fc.oneof(suspiciousText, fc.string({ minLength: 1 })), (value) => {
      const standIn = act(tokenise, undefined, value) ?? "";
      assert.ok(isClean(standIn), standIn);
      if (value !== "" && !/^\*+$/.test(standIn)) {
        assert.ok(standIn !== value || scan(value).some((f) => isStandIn(f.detector, value)));
      }
    }),
    { numRuns: 500 },
  );
});

const BY_OTHER_PROCESS = `
  import { createAct } from ${JSON.stringify(import.meta.resolve("../../../src/redact/act/create-act.ts"))};
  const act = createAct(Buffer.from("a key for tests"));
  let input = "";
  for await (const chunk of process.stdin) input += chunk;
  const values = JSON.parse(input);
  console.log(JSON.stringify(values.map(([detector, value]) => [
    act({ kind: "tokenise" }, detector, value),
    act({ kind: "tokenise" }, undefined, value),
    act({ kind: "hash" }, detector, value),
  ])));`;

test("another process with the same key makes the same stand-ins", () => {
  const output = execFileSync(
    process.execPath,
    ["--no-warnings", "--input-type=module", "-e", BY_OTHER_PROCESS],
    { input: JSON.stringify(values), encoding: "utf8" },
  );
  assert.deepEqual(
    JSON.parse(output),
    values.map(([detector, value]) => [
      act(tokenise, detector, value),
      act(tokenise, undefined, value),
      act({ kind: "hash" }, detector, value),
    ]),
  );
});

test("another key makes other stand-ins", () => {
  const other = createAct(Buffer.from("another key for tests"));
  for (const [detector, value] of values) {
    assert.notEqual(other(tokenise, detector, value), act(tokenise, detector, value), value);
    assert.notEqual(
      other({ kind: "hash" }, detector, value),
      act({ kind: "hash" }, detector, value),
    );
  }
});
