import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { importsOf, MAX_LINES, readSources, violations } from "./architecture.ts";

test("the tree keeps to the import graph and to short files", () => {
  const sources = readSources(join(import.meta.dirname, ".."), ["src", "test", "bench", "scripts"]);
  assert.ok(sources.length > 20);
  assert.deepEqual(violations(sources), []);
});

describe("a planted violation is found", () => {
  const planted: readonly [path: string, text: string, fault: string][] = [
    [
      "src/decode/pair.ts",
      'import { x } from "../deliver/queue.ts";',
      "src/decode/pair.ts: decode must not import deliver/queue.ts",
    ],
    [
      "src/decode/http1/head.ts",
      'import type { X } from "../../kernel/ring.ts";',
      "src/decode/http1/head.ts: decode must not import kernel/ring.ts",
    ],
    [
      "src/model/flow.ts",
      'export { x } from "../agent/mirror.ts";',
      "src/model/flow.ts: model must not import agent/mirror.ts",
    ],
    [
      "src/kernel/ring.ts",
      'import { x } from "../model/ledger.ts";',
      "src/kernel/ring.ts: kernel must not import model/ledger.ts",
    ],
    [
      "src/agent/mirror.ts",
      'const x = await import("../cli/shell.ts");',
      "src/agent/mirror.ts: agent must not import cli/shell.ts",
    ],
    [
      "src/commands/mirror.ts",
      'import "../deliver/queue.ts";',
      "src/commands/mirror.ts: commands must not import deliver/queue.ts",
    ],
    [
      "src/capture/source.ts",
      'import koffi from "koffi";',
      "src/capture/source.ts: capture must not import koffi",
    ],
    [
      "src/report/lines.ts",
      "import { Command } from '@oclif/core/command';",
      "src/report/lines.ts: report must not import @oclif/core",
    ],
    ["src/deliver/send.ts", 'import net from "net";', "src/deliver/send.ts: write node:net"],
    [
      "src/select/a.ts",
      'import { x } from "../../test/x.ts";',
      "src/select/a.ts: ../../test/x.ts leads out of src",
    ],
    ["src/utils/a.ts", 'import { x } from "./b.ts";', "src/utils/a.ts: there is no room utils"],
    [
      "src/agent/pipeline.ts",
      "deliver.offer(request as Redacted<RequestView>);",
      "src/agent/pipeline.ts: only src/redact/redacted.ts casts to Redacted",
    ],
    [
      "src/report/lines.ts",
      "const path = raw as unknown as Redacted<string>;",
      "src/report/lines.ts: only src/redact/redacted.ts casts to Redacted",
    ],
    [
      "src/redact/redactor.ts",
      "const path = <Redacted<string>>raw;",
      "src/redact/redactor.ts: only src/redact/redacted.ts casts to Redacted",
    ],
    [
      "src/agent/pipeline.ts",
      'import { asRedacted } from "../redact/redacted.ts";',
      "src/agent/pipeline.ts: only redact makes what is Redacted",
    ],
    [
      "test/long.test.ts",
      "\n".repeat(MAX_LINES + 1),
      `test/long.test.ts: ${MAX_LINES + 1} lines are more than ${MAX_LINES}`,
    ],
  ];
  for (const [path, text, fault] of planted)
    test(fault, () => {
      assert.deepEqual(violations([{ path, text }]), [fault]);
    });
});

describe("what is allowed passes", () => {
  const allowed: readonly [path: string, text: string][] = [
    [
      "src/decode/http1/head.ts",
      'import { x } from "../../model/request.ts";\nimport "./body.ts";',
    ],
    ["src/kernel/ring.ts", 'import { x } from "../model/errors.ts";\nimport koffi from "koffi";'],
    ["src/capture/source.ts", 'import { x } from "../kernel/ring.ts";'],
    ["src/agent/pipeline.ts", 'import { x } from "../decode/pair.ts";\nimport fs from "node:fs";'],
    ["src/report/wire.ts", 'import protobuf from "protobufjs/minimal.js";'],
    ["src/model/a.ts", '// import { x } from "../agent/mirror.ts";\n/* from "koffi" */'],
    [
      "src/report/a.ts",
      "function line(path: Redacted<string>, all: Map<string, Redacted<string>>) {}",
    ],
    ["src/redact/redacted.ts", "return value as Redacted<T>;"],
    ["src/redact/redactor.ts", 'import { asRedacted } from "./redacted.ts";'],
    ["test/decode/a.test.ts", 'import { x } from "../../src/decode/a.ts";'],
  ];
  for (const [path, text] of allowed)
    test(path, () => {
      assert.deepEqual(violations([{ path, text }]), []);
    });
});

test("imports are found in every form", () => {
  const text = `
import a from "./a.ts";
import {
  b,
} from './b.ts';
import type { C } from "./c.ts";
import "./d.ts";
export * from "./e.ts";
const f = await import("./f.ts");
let g: import("./g.ts").G;
`;
  assert.deepEqual(
    importsOf(text).sort(),
    ["a", "b", "c", "d", "e", "f", "g"].map((name) => `./${name}.ts`),
  );
});
