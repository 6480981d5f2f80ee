import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { printedPolicy, withRedactedPaths } from "../../src/agent/plan/redacted-paths.ts";
import { readRedactionKey, watchRedactionKey } from "../../src/agent/redaction-key.ts";
import { createRedactors } from "../../src/agent/redactors.ts";
import { NO_REDACTION, type RedactionPolicy } from "../../src/model/redaction.ts";
import { createRedactor } from "../../src/redact/redactor.ts";
import { requestView } from "../deliver/request-view.ts";
import { rule } from "../select/rules.ts";

const MAIL = "/users/bob%40example.com";
const KEY = Buffer.from("0123456789abcdef");
const OTHER_KEY = Buffer.from("fedcba9876543210");

function copyOf(policy: RedactionPolicy, redactors = createRedactors(KEY)): string {
  let target = "";
  redactors
    .of(rule("r", { redact: policy }))
    .copies.redact(requestView(`GET ${MAIL} HTTP/1.1\r\nHost: a\r\n\r\n`), {
      whole({ bytes, targetStart, targetEnd }) {
        target = Buffer.from(bytes.subarray(targetStart, targetEnd)).toString("latin1");
      },
      stream: () => assert.fail("it is whole"),
      refused: (reason) => assert.fail(reason),
    });
  return target;
}

describe("redactors of rules", () => {
  const request = requestView(`GET ${MAIL}?q=1 HTTP/1.1\r\nHost: a\r\n\r\n`);

  test("lines are redacted although copies are not", () => {
    assert.equal(copyOf(NO_REDACTION), MAIL);
    const { lines } = createRedactors(KEY).of(rule("r"));
    assert.doesNotMatch(lines.path(request), /bob|q=1/);
  });

  test("a line shows the stand-in that the copy carries", () => {
    const redactors = createRedactors(KEY);
    const policy: RedactionPolicy = { ...NO_REDACTION, preset: "standard" };
    const one = rule("r", { redact: policy });
    assert.equal(redactors.of(one).lines.path(request), copyOf(policy, redactors));
  });

  test("another key makes other stand-ins, for rules that are in use as well", () => {
    const redactors = createRedactors(KEY);
    const policy: RedactionPolicy = { ...NO_REDACTION, preset: "standard" };
    const one = rule("r", { redact: policy });
    const before = redactors.of(one).lines.path(request);
    redactors.useKey(OTHER_KEY);
    assert.notEqual(redactors.of(one).lines.path(request), before);
    redactors.useKey(KEY);
    assert.equal(redactors.of(one).lines.path(request), before);
  });

  test("rules of a policy hold in lines, too", () => {
    const policy: RedactionPolicy = {
      ...NO_REDACTION,
      rules: [
        {
          subject: { kind: "path", template: "/users/{id}", name: "id" },
          action: { kind: "replace", value: "somebody" },
        },
      ],
    };
    const { lines } = createRedactors(KEY).of(rule("r", { redact: policy }));
    assert.equal(lines.path(request), "/users/somebody");
  });
});

test("endpoints of a plan hold nothing that is found, a cut one either", () => {
  const redactor = createRedactor(printedPolicy([rule("r")]), KEY);
  const count = { requests: 1, bytes: 1 };
  const tally = {
    rules: {},
    read: count,
    methods: {},
    endpoints: [
      { endpoint: `GET ${MAIL}`, ...count },
      { endpoint: `GET ${MAIL}/x\u2026`, ...count },
      { endpoint: "GET /users/{n}", ...count },
    ],
    others: count,
    peakPerSecond: 1,
    liveLatency: { sumMs: 0, count: 0 },
  };
  const [whole, cut, harmless] = withRedactedPaths(tally, redactor).endpoints;
  assert.doesNotMatch(whole?.endpoint ?? "bob", /bob/);
  assert.match(cut?.endpoint ?? "", /^GET \/users\/[^/]+\/x\u2026$/);
  assert.doesNotMatch(cut?.endpoint ?? "bob", /bob/);
  assert.equal(harmless?.endpoint, "GET /users/{n}");
});

describe("the redaction key", () => {
  const dir = mkdtempSync(join(tmpdir(), "shadowtap-key-"));
  after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "key");

  test("is the file's bytes without the line's end, or a new one for every run", () => {
    writeFileSync(file, "0123456789abcdef\n");
    assert.deepEqual(Buffer.from(readRedactionKey(file)), KEY);
    assert.notDeepEqual(readRedactionKey(undefined), readRedactionKey(undefined));
  });

  test("changes with the file; one that is no key changes nothing and is told", async () => {
    writeFileSync(file, KEY);
    const keys: string[] = [];
    const said: string[] = [];
    let wake = () => {};
    const watch = watchRedactionKey(
      file,
      KEY,
      (key) => keys.push(Buffer.from(key).toString()),
      (line) => {
        said.push(line);
        wake();
      },
    );
    // The watch itself keeps no process alive.
    const alive = setInterval(() => {}, 1_000);
    const change = async (content: Uint8Array) => {
      const told = new Promise<void>((resolve) => {
        wake = resolve;
      });
      writeFileSync(`${file}.new`, content);
      renameSync(`${file}.new`, file);
      await told;
    };
    await change(OTHER_KEY);
    await change(Buffer.from("short"));
    clearInterval(alive);
    watch[Symbol.dispose]();
    assert.deepEqual(keys, [OTHER_KEY.toString()]);
    assert.match(said[0] ?? "", /has changed/);
    assert.match(said[1] ?? "", /holds 5 bytes.*The key before stays in use\.$/);
  });
});
