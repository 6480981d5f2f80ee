import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parsePlanOptions, parseRunOptions } from "../../../src/agent/options.ts";
import { ShadowtapError } from "../../../src/model/errors.ts";

async function refusal(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof ShadowtapError, String(error));
    assert.ok(error.hints.length > 0);
    return `${error.code} ${error.message}`;
  }
  return assert.fail("accepted");
}

describe("options of run and plan", () => {
  let folder = "";
  const file = () => join(folder, "rules.yaml");
  const write = (text: string) => writeFileSync(file(), text);
  const valid = `
apiVersion: shadowtap.dev/v1alpha1
kind: MirrorConfig
capture: { hook: tc, interfaces: [eth0], netns: /run/netns/a, workers: 3 }
limits: { maxCpu: 50 }
mirrors: [{ name: a, from: { ports: [80] }, to: { url: http://a } }]
`;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "shadowtap-options-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  test("flags win over the file, the file over the defaults", async () => {
    write(valid);
    const { config } = await parseRunOptions({
      config: file(),
      "all-namespaces": true,
      workers: "2",
      "max-memory": "1GiB",
    });
    assert.deepEqual(config.capture, {
      hook: "tc",
      interfaces: ["eth0"],
      scope: { kind: "all" },
      direction: "in",
      workers: 2,
      ringBytes: 16 * 1024 ** 2,
    });
    assert.deepEqual(config.limits, { maxCpu: 0.5, maxMemoryBytes: 1024 ** 3 });
  });

  test("a reload reads the file again, under the same flags", async () => {
    write(valid);
    const options = await parseRunOptions({ config: file(), workers: "2", watch: false });
    assert.equal(options.watchConfig, false);
    assert.equal(options.configFile, file());
    write(valid.replace("name: a", "name: b").replace("workers: 3", "workers: 4"));
    const again = await options.reload?.();
    assert.equal(again?.rules[0]?.name, "b");
    assert.equal(again?.capture.workers, 2);
    write(valid.replace("ports: [80]", "ports: [0]"));
    assert.equal(
      await refusal(() => options.reload?.()),
      `ST_CONFIG_INVALID ${file()} has a problem:\n  ${file()}:6:38: mirrors[0].from.ports[0]: found 0; expected a port from 1 to 65535, or a range such as "9000-9010"`,
    );
  });

  test("certificates are read beside the file", async () => {
    write(valid.replace("url: http://a", "url: https://a, ca: ca.pem"));
    assert.equal(
      await refusal(() => parseRunOptions({ config: file() })),
      `ST_FILE_UNREADABLE The certificates ${folder}/ca.pem cannot be read (ENOENT).`,
    );
    writeFileSync(join(folder, "ca.pem"), "-----BEGIN CERTIFICATE-----\n");
    const { config } = await parseRunOptions({ config: file() });
    assert.equal(config.rules[0]?.targets[0]?.options.ca, "-----BEGIN CERTIFICATE-----\n");
  });

  test("files that are none", async () => {
    const call = (config: string) => refusal(() => parseRunOptions({ config }));
    assert.equal(
      await call("/nowhere"),
      "ST_FILE_UNREADABLE The rules file /nowhere cannot be read (ENOENT).",
    );
    assert.equal(await call("/"), "ST_FILE_UNREADABLE The rules file / cannot be read (EISDIR).");
    assert.match(
      await call("/dev/zero"),
      /^ST_CONFIG_INVALID .*is too large; expected at most 256KiB$/s,
    );
    assert.equal(await refusal(() => parseRunOptions({})), "ST_USAGE --config is required.");
  });

  test("a flag that contradicts the file is refused", async () => {
    write(valid);
    assert.equal(
      await refusal(() => parseRunOptions({ config: file(), hook: "cgroup" })),
      "ST_USAGE --hook cgroup and interfaces exclude each other: this hook sees every interface.",
    );
  });

  test("plan needs no target", async () => {
    const plan = await parsePlanOptions({ port: ["80"], percent: "5" });
    assert.equal(plan.durationMs, 30_000);
    assert.equal(plan.output, "table");
    assert.equal(plan.top, 20);
    assert.deepEqual(plan.config.rules[0]?.targets, []);
    assert.equal(plan.config.rules[0]?.share, 0.05);
  });

  test("plan takes a file instead of flags", async () => {
    write(valid);
    const plan = await parsePlanOptions({
      config: file(),
      duration: "5m",
      output: "json",
      top: "3",
    });
    assert.equal(plan.config.rules[0]?.name, "a");
    assert.equal(plan.durationMs, 300_000);
    assert.equal(plan.output, "json");
    assert.equal(plan.top, 3);
    assert.equal(
      await refusal(() => parsePlanOptions({ config: file(), port: ["80"] })),
      "ST_USAGE --config and --port exclude each other.",
    );
  });
});
