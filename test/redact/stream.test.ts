import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../fuzz/property.ts";
import { chunked, post, redact, redactStreamed } from "./harness.ts";

const JSON_TYPE = "application/json";
const mask = {
  rules: [{ subject: { kind: "json", path: "$.a" }, action: { kind: "mask" } }],
} as const;

test("a body that nothing concerns passes as it comes, behind a redacted head", () => {
  const text = post(JSON_TYPE, '{"a":"b"}', "Cookie: sid=abc");
  const outcome = redactStreamed({ preset: "headers" }, text, [3]);
  assert.equal(outcome.kind, "stream");
  assert.match(
    outcome.kind === "stream" ? outcome.text : "",
    /sid=(?!abc)[a-z]{3}\r\n.*\{"a":"b"\}$/s,
  );
  const same = redactStreamed({}, text, []);
  assert.equal(same.kind === "stream" && same.isSame && same.text === text, true);
});

test("a body that a rule concerns becomes what it would have become in one piece, split anywhere", () => {
  const texts = [
    post(JSON_TYPE, '{"a":"secret","b":[1,2,3]}'),
    post(JSON_TYPE, '{"b":[1,2,3]}'),
    post(JSON_TYPE, '{"a":'),
    chunked(JSON_TYPE, ['{"a":"se', 'cret"}']),
    chunked(JSON_TYPE, ["{}"], "0\r\nX: y\r\n\r\n"),
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 5 }),
      (text, cuts) => {
        const streamed = redactStreamed(mask, text, cuts);
        const whole = redact(mask, text);
        if (whole.kind === "refused" || streamed.kind === "refused")
          assert.deepEqual(streamed, whole);
        else assert.equal(streamed.text, whole.text);
      },
    ),
  );
});

test("trailers and extensions of a body that passes are dropped, wherever it is split", () => {
  const body =
    '4;a="b;"\r\nab\r\n\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n00;x\r\nX: bob@corp.com\r\n\r\n';
  const head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const expected = `${head}4\r\nab\r\n\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n`;
  fc.assert(
    fc.property(fc.array(fc.nat(body.length), { maxLength: 9 }), (cuts) => {
      const outcome = redactStreamed({ preset: "headers" }, head + body, cuts);
      assert.equal(outcome.kind === "stream" && outcome.text, expected);
    }),
  );
});

test("one that is cut is refused", () => {
  const outcome = redactStreamed(mask, post(JSON_TYPE, '{"a":"b"}'), [2], true);
  assert.deepEqual(outcome, { kind: "refused", reason: "request_cut" });
});

test("one that is too long is refused, by its length or as soon as it is", () => {
  const long = `"${"a".repeat(70_000)}"`;
  const refused = { kind: "refused", reason: "too_large" };
  assert.deepEqual(redactStreamed(mask, post(JSON_TYPE, long), []), refused);
  assert.deepEqual(redactStreamed(mask, chunked(JSON_TYPE, [long]), [10, 66_000, 69_000]), refused);
});

test("one that cannot be looked into is refused at once", () => {
  const outcome = redactStreamed({ preset: "strict" }, post("video/mp4", "abc"), [1]);
  assert.deepEqual(outcome, { kind: "refused", reason: "unknown_content" });
});
