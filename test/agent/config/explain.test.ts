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
