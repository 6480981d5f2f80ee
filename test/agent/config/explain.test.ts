import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { explainConfig } from "../../../src/agent/config/explain.ts";
import { parseConfigText } from "../../../src/agent/config/load.ts";
import { parseMirrorOptions } from "../../../src/agent/options.ts";

test("an explanation names owners as they were given, the kernel's part and the exact rule", async () => {
  const text = readFileSync(join(import.meta.dirname, "files/everything.yaml"), "utf8");
  const { config } = await parseConfigText(text, "f.yaml");
  assert.ok(config);
  const explained = explainConfig(config);
  for (const part of [
    "owned by user www-data, 33",
    "in cgroup /system.slice/nginx.service",
    "in container 3f4e8a91c2d7, 123456789012",
    "of process 4711",
    "of executable /usr/sbin/nginx",
    "rising from 1 % to 50 % in 5 steps over 600 s",
    "every one of these rules",
    "https://other",
  ])
    assert.ok(explained.includes(part), `${part} is not in:\n${explained}`);
});

test("one rule of flags", () => {
  const { config } = parseMirrorOptions({
    port: ["8080"],
    to: ["http://a"],
    path: "/api/*",
    percent: "10",
  });
  const lines = explainConfig(config).split("\n");
  assert.equal(lines[0], "mirror");
  assert.match(lines[1] ?? "", /^ {2}connections {2}.*8080/);
  assert.ok(
    lines.some((line) => /^ {2}kernel {7}.*\/api\//.test(line)),
    lines.join("\n"),
  );
  assert.ok(
    lines.some((line) => /^ {2}share {8}10 %/.test(line)),
    lines.join("\n"),
  );
});

/** The lines of one section, without its title. */
function section(explained: string, title: string): string[] {
  const lines = explained.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`  ${title} `));
  if (start < 0) return [];
  const end = lines.findIndex((line, at) => at > start && !line.startsWith(" ".repeat(15)));
  return lines.slice(start, end).map((line) => line.slice(15));
}

const flags = { port: ["8080"], to: ["http://a"], ttl: "none" };

test("without redaction it says so, and whether anybody chose that", () => {
  const unsaid = explainConfig(parseMirrorOptions(flags).config);
  assert.deepEqual(section(unsaid, "redaction"), [
    "nothing: copies carry what the client sent",
    "nobody said so: targets must be loopback or private, or redaction be chosen",
  ]);
  assert.deepEqual(section(unsaid, "not sent"), []);
  const chosen = explainConfig(parseMirrorOptions({ ...flags, redact: "off" }).config);
  assert.deepEqual(section(chosen, "redaction"), ["nothing: copies carry what the client sent"]);
});

test("what is replaced goes in the order in which it is decided", () => {
  const { config } = parseMirrorOptions({
    ...flags,
    redact: "headers",
    "redact-rule": ["header:X-User=mask", "path:/users/{id}=replace:a b"],
    "redact-detect": ["card"],
  });
  const explained = explainConfig(config);
  assert.deepEqual(section(explained, "redaction"), [
    "header x-user: mask",
    'path /users/{id}, segment id: replace with "a b"',
    "headers and cookies that hold credentials: tokenise",
    "card: tokenise",
  ]);
});

const refusals: readonly (readonly [name: string, flags: object, lines: readonly string[]])[] = [
  [
    "headers alone: bodies are not looked at",
    { redact: "headers" },
    [
      "heads that become too long",
      "(bodies of JSON, forms, multipart, text, any other type and no type pass as they came)",
    ],
  ],
  [
    "a JSON rule: other bodies pass",
    { "redact-rule": ["json:$.a=mask"] },
    [
      "bodies of JSON and multipart that are not what they say, or nested too deeply",
      "the same bodies over 1 MiB, as sent or decompressed, or in an encoding that cannot be undone",
      "bodies of no type: nobody can look into them",
      "heads that become too long",
      "(bodies of forms, text and any other type pass as they came)",
    ],
  ],
  [
    "a body that is removed needs not be read",
    { "redact-rule": ["body=remove"] },
    ["heads that become too long"],
  ],
  [
    "a body that is masked must be read",
    { "redact-rule": ["body=mask"] },
    [
      "bodies over 1 MiB, as sent or decompressed, or in an encoding that cannot be undone",
      "heads that become too long",
    ],
  ],
  [
    "strict refuses what cannot be looked into",
    { redact: "strict" },
    [
      "bodies of JSON, forms, multipart and text that are not what they say, or nested too deeply",
      "the same bodies over 1 MiB, as sent or decompressed, or in an encoding that cannot be undone",
      "bodies of any other type and no type: nobody can look into them",
      "heads that become too long",
    ],
  ],
];
for (const [name, given, lines] of refusals)
  test(`what would not be sent: ${name}`, () => {
    const explained = explainConfig(parseMirrorOptions({ ...flags, ...given }).config);
    assert.deepEqual(section(explained, "not sent"), lines);
  });

test("what holds for all rules stands at the end", () => {
  const { config } = parseMirrorOptions({
    ...flags,
    ttl: "90m",
    "allow-target": ["10.0.0.0/8", "a", "*.b"],
    "stop-file": "/run/stop",
    user: "www-data",
    "redact-key": "/k",
  });
  assert.deepEqual(explainConfig(config).split("\n\n").slice(1), [
    `Stand-ins are made with the key in /k.
Targets may only be 10.0.0.0/8, a, *.b.
It ends by itself after 90 min.
It ends as soon as /run/stop is there.
Traffic is read as user www-data.
`,
  ]);
});
