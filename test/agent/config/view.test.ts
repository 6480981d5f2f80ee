import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { NO_OVERRIDES } from "../../../src/agent/config/defaults.ts";
import { parseOverrides } from "../../../src/agent/config/flag-capture.ts";
import { loadConfigFile, parseConfigText } from "../../../src/agent/config/load.ts";
import { viewConfig } from "../../../src/agent/config/view.ts";

describe("config view", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "shadowtap-view-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  test("tells of each value where it comes from", async () => {
    const file = join(folder, "a.yaml");
    writeFileSync(
      file,
      `apiVersion: shadowtap.dev/v1alpha1
kind: MirrorConfig
capture: { hook: tc, netns: /run/netns/a }
mirrors:
  - name: a
    from: { ports: [80, "90-91"] }
    match:
      path: { value: /a }
    fraction: { numerator: 1 }
    redact: { rules: [{ header: x-user, action: mask }] }
    to:
      url: http://a
redaction: off
guard: { user: www-data, ttl: 1h, allowTargets: [a] }
`,
    );
    const overrides = parseOverrides({
      workers: "2",
      "all-namespaces": true,
      "max-cpu": "20%",
      ttl: "none",
      "allow-target": ["10.0.0.0/8", "b"],
      "redact-key": "/k",
    });
    const origins = new Map([
      ["workers", "--workers"],
      ["all-namespaces", "SHADOWTAP_ALL_NAMESPACES"],
      ["max-cpu", "--max-cpu"],
      ["ttl", "--ttl"],
      ["allow-target", "SHADOWTAP_ALLOW_TARGET"],
      ["redact-key", "--redact-key"],
    ]);
    const expected = `apiVersion: shadowtap.dev/v1alpha1 # FILE:1
kind: MirrorConfig # FILE:2
capture:
  hook: tc # FILE:3
  direction: in # default
  workers: 2 # --workers
  ringSize: 16MiB # default
  allNamespaces: true # SHADOWTAP_ALL_NAMESPACES
matching: first # default
redaction:
  preset: off # FILE:13
  detected: tokenise # default
  maxBodyBytes: 1MiB # default
  keyFile: /k # --redact-key
mirrors:
  - name: a # FILE:5
    from:
      ports:
        - 80 # FILE:6
        - 90-91 # FILE:6
    match:
      - path:
          value: /a # FILE:8
          type: PathPrefix # default
    allowMethods:
      - GET # default
      - HEAD # default
      - OPTIONS # default
    fraction:
      denominator: 100 # default
      numerator: 1 # FILE:9
    sampleBy: request # default
    redact:
      preset: off # default
      rules:
        - header: x-user # FILE:10
          action: mask # FILE:10
      detected: tokenise # default
      maxBodyBytes: 1MiB # default
    to:
      - name: http://a # default
        url: http://a # FILE:12
        timeout: 5s # default
        host: keep # default
        pipeline: 1 # default
        insecure: false # default
limits:
  maxCpu: 20 # --max-cpu
guard:
  ttl: none # --ttl
  user: www-data # FILE:14
  allowTargets:
    - 10.0.0.0/8 # SHADOWTAP_ALLOW_TARGET
    - b # SHADOWTAP_ALLOW_TARGET
`.replaceAll("FILE", file);
    assert.equal(await viewConfig(file, overrides, origins), expected);
    assert.equal(await viewConfig(file, overrides, undefined), expected.replaceAll(/ # .*$/gm, ""));
  });

  test("shows a file that means the same", async () => {
    const file = join(import.meta.dirname, "files/everything.yaml");
    const viewed = await viewConfig(file, NO_OVERRIDES, undefined);
    const { config, problems } = await parseConfigText(viewed, file);
    assert.deepEqual(problems, []);
    assert.deepEqual(config, await loadConfigFile(file, NO_OVERRIDES));
    assert.notEqual(viewed, readFileSync(file, "utf8"));
  });
});
