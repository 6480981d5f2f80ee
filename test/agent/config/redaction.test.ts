import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseConfigText } from "../../../src/agent/config/load.ts";
import type { RawFlags } from "../../../src/agent/config/raw-flags.ts";
import { parseMirrorOptions, parsePlanOptions } from "../../../src/agent/options.ts";
import { ShadowtapError } from "../../../src/model/errors.ts";
import { NO_REDACTION, type RedactionPolicy } from "../../../src/model/redaction.ts";
import type { RunConfig } from "../../../src/model/run-config.ts";
import { createRedactor } from "../../../src/redact/redactor.ts";
import { fc } from "../../fuzz/property.ts";

const HEAD = "apiVersion: shadowtap.dev/v1alpha1\nkind: MirrorConfig\n";

async function configOf(lines: string, redact = ""): Promise<RunConfig> {
  const more = redact === "" ? "" : `, redact: ${redact}`;
  const text = `${HEAD}${lines}\nmirrors: [{ name: a, from: { ports: [80] }, to: { url: http://a }${more} }]\n`;
  const { config, problems } = await parseConfigText(text, "/etc/shadowtap/f.yaml");
  assert.deepEqual(problems, []);
  assert.ok(config);
  return config;
}

async function said(lines: string, redact?: string): Promise<[RedactionPolicy, boolean]> {
  const [rule] = (await configOf(lines, redact)).rules;
  assert.ok(rule);
  return [rule.redact, rule.choseRedaction];
}

function flags(given: RawFlags): [RedactionPolicy, boolean] {
  const [rule] = parseMirrorOptions({ port: ["80"], to: ["http://a"], ...given }).config.rules;
  assert.ok(rule);
  return [rule.redact, rule.choseRedaction];
}

function refused(given: RawFlags): string {
  try {
    flags(given);
  } catch (error) {
    assert.ok(error instanceof ShadowtapError && error.code === "ST_USAGE", String(error));
    assert.ok(error.hints.length > 0);
    return error.message;
  }
  return assert.fail("accepted");
}

describe("redaction in a rules file", () => {
  test("every kind of rule, detector and action", async () => {
    const text = readFileSync(join(import.meta.dirname, "files/everything.yaml"), "utf8");
    const { config } = await parseConfigText(text, "/etc/f.yaml");
    const [strict, headers, byDefault] = config?.rules ?? [];
    const policy: RedactionPolicy = {
      preset: "standard",
      rules: [
        { subject: { kind: "header", name: "X-User" }, action: { kind: "mask" } },
        { subject: { kind: "cookie", name: "sid" }, action: { kind: "tokenise" } },
        { subject: { kind: "query", name: "q" }, action: { kind: "hash" } },
        { subject: { kind: "form", name: "password" }, action: { kind: "remove" } },
        {
          subject: { kind: "path", template: "/users/{id}", name: "id" },
          action: { kind: "tokenise" },
        },
        {
          subject: { kind: "path", template: "/users/{id}/orders/{order}", name: "order" },
          action: { kind: "mask" },
        },
        {
          subject: { kind: "json", path: "$.user.email" },
          action: { kind: "replace", value: "nobody" },
        },
        { subject: { kind: "text", pattern: "[0-9]{6}" }, action: { kind: "mask" } },
        { subject: { kind: "body" }, action: { kind: "replace", value: "" } },
      ],
      detectors: ["us_ssn", "es_dni"],
      detected: { kind: "mask" },
      maxBodyBytes: 4 * 1024 ** 2,
    };
    assert.deepEqual(byDefault?.redact, policy);
    assert.deepEqual(strict?.redact, { ...NO_REDACTION, preset: "strict" });
    assert.deepEqual(headers?.redact, {
      ...NO_REDACTION,
      preset: "headers",
      rules: [{ subject: { kind: "query", name: "token" }, action: { kind: "mask" } }],
      maxBodyBytes: 1000,
    });
    assert.equal(config?.redactionKeyFile, "/etc/redaction.key");
    assert.ok(config?.rules.every(({ choseRedaction }) => choseRedaction));
  });

  test("what is accepted can be compiled", async () => {
    const text = readFileSync(join(import.meta.dirname, "files/everything.yaml"), "utf8");
    const { config } = await parseConfigText(text, "/etc/f.yaml");
    assert.equal(config?.rules.length, 3);
    for (const { redact } of config?.rules ?? []) createRedactor(redact, Buffer.alloc(32));
  });

  test("nothing is redacted, and nobody chose it, where nothing is said", async () => {
    assert.deepEqual(await said(""), [NO_REDACTION, false]);
    assert.deepEqual(await said("redaction: { keyFile: /k }"), [NO_REDACTION, false]);
  });

  test("off is a choice", async () => {
    assert.deepEqual(await said("redaction: off"), [NO_REDACTION, true]);
    assert.deepEqual(await said("", "off"), [NO_REDACTION, true]);
    assert.deepEqual(await said("", "{ preset: off }"), [NO_REDACTION, true]);
    assert.deepEqual(await said("", "{ rules: [] }"), [NO_REDACTION, true]);
  });

  test("of a mirror replaces that of the file whole", async () => {
    const file = "redaction: { preset: strict, detectors: [us_ssn], detected: mask, keyFile: k }";
    assert.deepEqual(await said(file, "off"), [NO_REDACTION, true]);
    assert.deepEqual(await said(file, "{ preset: headers }"), [
      { ...NO_REDACTION, preset: "headers" },
      true,
    ]);
    assert.equal((await configOf(file, "off")).redactionKeyFile, "/etc/shadowtap/k");
  });

  test("may leave the preset out where none is lost", async () => {
    const rules = "{ rules: [{ header: a, action: mask }] }";
    const [policy] = await said("redaction: { preset: off, detectors: [card] }", rules);
    assert.equal(policy.preset, "off");
    assert.deepEqual(policy.detectors, []);
  });
});

describe("redaction by flags", () => {
  test("nothing, and nobody chose it, by default", () => {
    assert.deepEqual(flags({}), [NO_REDACTION, false]);
    assert.deepEqual(flags({ "redact-key": "k" }), [NO_REDACTION, false]);
  });

  test("off is a choice", () => assert.deepEqual(flags({ redact: "off" }), [NO_REDACTION, true]));

  test("preset, rules and detectors", () => {
    assert.deepEqual(
      flags({
        redact: "standard",
        "redact-rule": [
          "header:x-user=mask",
          "path:/users/{id}=hash",
          "json:$.a=replace:b=c",
          "text:[0-9]{6}=tokenise",
          "body=remove",
        ],
        "redact-detect": ["us_ssn,es_dni", "us_ssn"],
      }),
      [
        {
          ...NO_REDACTION,
          preset: "standard",
          rules: [
            { subject: { kind: "header", name: "x-user" }, action: { kind: "mask" } },
            {
              subject: { kind: "path", template: "/users/{id}", name: "id" },
              action: { kind: "hash" },
            },
            { subject: { kind: "json", path: "$.a" }, action: { kind: "replace", value: "b=c" } },
            { subject: { kind: "text", pattern: "[0-9]{6}" }, action: { kind: "tokenise" } },
            { subject: { kind: "body" }, action: { kind: "remove" } },
          ],
          detectors: ["us_ssn", "es_dni"],
        },
        true,
      ],
    );
  });

  test("one rule or one detector is a choice", () => {
    const [byRule, choseRule] = flags({ "redact-rule": "cookie:sid=hash\nquery:a, b=mask" });
    assert.deepEqual([byRule.preset, byRule.rules.length, choseRule], ["off", 2, true]);
    const [byDetector, choseDetector] = flags({ "redact-detect": "card" });
    assert.deepEqual(byDetector, { ...NO_REDACTION, detectors: ["card"] });
    assert.equal(choseDetector, true);
  });

  test("plan has them where it has no file", async () => {
    const { config } = await parsePlanOptions({ port: ["80"], redact: "strict" });
    assert.equal(config.rules[0]?.redact.preset, "strict");
    for (const given of [{ redact: "off" }, { "redact-rule": ["body=mask"] }])
      await assert.rejects(parsePlanOptions({ config: "f.yaml", ...given }), {
        message: `--config and --${Object.keys(given)[0]} exclude each other.`,
      });
  });

  test("are refused with what to write instead", () => {
    assert.equal(
      refused({ redact: "full" }),
      '--redact "full" is not one of off, headers, standard, strict.',
    );
    assert.equal(refused({ "redact-detect": "card,ssn" }), '--redact-detect "ssn" is no detector.');
    assert.match(refused({ "redact-rule": ["header:a"] }), /^--redact-rule "header:a" /);
    assert.equal(refused({ "redact-key": "" }), "--redact-key needs a path.");
  });

  test("mean the same as a file that says it", async () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/);
    const action = fc.oneof(
      fc.constantFrom("mask", "hash", "tokenise", "remove"),
      name.map((value) => ({ replace: value })),
    );
    const rule = fc.record({
      subject: fc.oneof(
        fc.tuple(fc.constantFrom("header", "cookie", "query", "form"), name),
        fc.tuple(
          fc.constant("json"),
          name.map((one) => `$..["${one}"]`),
        ),
        fc.tuple(
          fc.constant("path"),
          name.map((one) => `/a/{${one}}/b`),
        ),
        fc.tuple(
          fc.constant("text"),
          name.map((one) => `${one}=[0-9]+`),
        ),
      ),
      action,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(rule, { minLength: 1, maxLength: 4 }), async (rules) => {
        const framing = /^(connection|te|trailer|expect|upgrade)$/i;
        fc.pre(
          rules.every(({ subject: [kind, value] }) => kind !== "header" || !framing.test(value)),
        );
        const inFile = rules.map(({ subject: [kind, value], action: done }) => ({
          [kind]: value,
          action: done,
        }));
        const asFlags = rules.map(({ subject: [kind, value], action: done }) => {
          const text = typeof done === "string" ? done : `replace:${done.replace}`;
          return `${kind}:${value}=${text}`;
        });
        assert.deepEqual(
          flags({ "redact-rule": asFlags }),
          await said("", JSON.stringify({ rules: inFile })),
        );
      }),
      { numRuns: 50 },
    );
  });
});
