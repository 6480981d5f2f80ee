import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type BuiltShell, buildShell } from "./built-shell.ts";

const REQUEST = [
  "POST /users/bob%40corp.com?card=4111111111111111 HTTP/1.1",
  "Host: shop.example.com",
  "Cookie: sid=abc123",
  "Content-Type: application/json",
  "Content-Length: 40",
  "",
  '{ "email": "bob@corp.com", "n": [1, 2] }',
].join("\r\n");

describe("redact", { concurrency: 4 }, () => {
  let shell: BuiltShell;
  before(() => {
    shell = buildShell();
    const files = {
      "request.http": REQUEST,
      "broken.http": REQUEST.replaceAll("\r\n", "\n"),
      "short.http": REQUEST.slice(0, -1),
      "refused.http": REQUEST.replace("{ ", "  "),
      "body.json": '{"a": "bob@corp.com"}',
      "key.txt": "0123456789abcdef0123456789abcdef\n",
      "short.txt": "0123456789\n",
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(shell.root, name), text);
  });
  after(() => shell.dispose());

  test("--explain lists what is replaced and nothing of any value", async () => {
    const { stdout, stderr, exitCode } = await shell.run(["redact", "request.http", "--explain"]);
    assert.equal(stderr, "");
    assert.equal(exitCode, 0);
    assert.equal(
      stdout.replace(/[0-9a-f]{16}\.$/m, "HASH."),
      [
        "PLACE           BY              ACTION    LENGTH  AFTER",
        "cookie sid      preset headers  tokenise       6      6",
        "path segment 2  detector email  tokenise      12     29",
        "query card      detector card   tokenise      16     16",
        "json $.email    detector email  tokenise      12     29",
        "",
        "4 values are replaced.",
        "Policy HASH.",
        "",
      ].join("\n"),
    );
  });

  test("--explain says why a sample is refused", async () => {
    const { stdout, exitCode } = await shell.run(["redact", "refused.http", "--explain"]);
    assert.match(stdout, /^Refused: unparsable\. The body is not what its Content-Type says/m);
    assert.equal(exitCode, 0);
  });

  test("the sample comes redacted, the same with the same key", async () => {
    const argv = [
      "redact",
      "request.http",
      "--redact-key",
      "key.txt",
      "--redact-rule",
      "json:$.n=remove",
    ];
    const [one, two] = await Promise.all([shell.run(argv), shell.run(argv)]);
    assert.equal(one.stdout, two.stdout);
    assert.doesNotMatch(one.stdout, /corp\.com|4111111111111111|abc123/);
    assert.match(one.stdout, /\r\nContent-Length: 44\r\n\r\n\{ "email": "\S+@\S+\.invalid" \}$/);
    const other = await shell.run(["redact", "request.http"]);
    assert.notEqual(other.stdout, one.stdout);
  });

  test("a bare body, from stdin as well, and off for all of it", async () => {
    const argv = ["--content-type", "application/json", "--redact-rule", "json:$.a=mask"];
    const { stdout } = await shell.run(["redact", "body.json", ...argv]);
    assert.equal(stdout, '{"a": "************"}');
    const child = spawn(process.execPath, [
      join(shell.root, "bin/shadowtap.js"),
      "redact",
      "-",
      ...argv,
    ]);
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
    });
    child.stdin.end('{"a":"bc"}');
    await once(child, "close");
    assert.equal(text, '{"a":"**"}');
    const off = await shell.run(["redact", "request.http", "--redact", "off"]);
    assert.equal(off.stdout, REQUEST);
  });

  const failures: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    [
      "no request",
      ["broken.http"],
      65,
      /is no HTTP\/1\.1 request \(request_line\)\..*lines end with CR LF/,
    ],
    ["a wrong length", ["short.http"], 65, /does not end where its head says/],
    ["a refused sample", ["refused.http"], 65, /would be refused: unparsable\..*--explain/],
    ["no file", ["nowhere.http"], 65, /cannot be read \(ENOENT\)/],
    [
      "a short key",
      ["request.http", "--redact-key", "short.txt"],
      65,
      /holds 10 bytes, and 16 are the fewest/,
    ],
    ["a preset", ["request.http", "--redact", "all"], 64, /--redact/],
    ["a rule", ["request.http", "--redact-rule", "json:a=mask"], 64, /is not a JSON path/],
    ["a type", ["request.http", "--content-type", "a\nb"], 64, /cannot be the value of a header/],
  ];
  for (const [name, argv, code, message] of failures)
    test(`${name} is refused`, async () => {
      const { stdout, stderr, exitCode } = await shell.run(["redact", ...argv]);
      assert.equal(stdout, "");
      assert.match(stderr.replace(/\s+/g, " "), message);
      assert.equal(exitCode, code);
    });
});
