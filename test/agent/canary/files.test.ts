import assert from "node:assert/strict";
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, describe, test } from "node:test";
import { listFiles } from "../../../src/agent/canary/list-files.ts";
import { drawSecret, type SecretShape } from "../../../src/agent/canary/secret.ts";
import { readSecretsFile, writeSecretsFile } from "../../../src/agent/canary/secrets-file.ts";
import { ShadowtapError } from "../../../src/model/errors.ts";
import { createScan } from "../../../src/redact/detect/scan.ts";
import { ALL_DETECTORS } from "../../../src/redact/policy/detectors.ts";

function isFailure(code: string, message: RegExp) {
  return (error: unknown) =>
    error instanceof ShadowtapError && error.code === code && message.test(error.message);
}

describe("secrets", () => {
  const found: Readonly<Record<SecretShape, string | undefined>> = {
    opaque: undefined,
    email: "email",
    card: "card",
    iban: "iban",
    phone: "phone",
    jwt: "jwt",
  };
  for (const [shape, detector] of Object.entries(found))
    test(`${shape} is what its detector knows, and never the same twice`, () => {
      const scan = createScan(ALL_DETECTORS);
      const drawn = Array.from({ length: 200 }, () => drawSecret(shape as SecretShape));
      assert.equal(new Set(drawn).size, drawn.length);
      for (const value of drawn) {
        assert.match(value, /^[\x21-\x7e]{12,}$/);
        const names = scan(value).filter(({ start, end }) => end - start === value.length);
        if (detector === undefined) assert.deepEqual(scan(value), [], value);
        else
          assert.ok(
            names.some((one) => one.detector === detector),
            value,
          );
      }
    });
});

describe("files of the canary", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "shadowtap-canary-"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const planting = { marker: "abcdefghijkm", secrets: [{ place: "cookie", value: "12345678" }] };

  test("secrets are kept for their owner alone, and never overwritten", () => {
    const file = join(dir, "secrets.json");
    writeSecretsFile(file, planting);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readSecretsFile(file), planting);
    const text = readFileSync(file, "utf8");
    const again = () => writeSecretsFile(file, { ...planting, marker: "another" });
    assert.throws(again, isFailure("ST_FILE_UNWRITABLE", /is there already/));
    assert.equal(readFileSync(file, "utf8"), text);
    const nowhere = () => writeSecretsFile(join(dir, "no/where"), planting);
    assert.throws(nowhere, isFailure("ST_FILE_UNWRITABLE", /ENOENT/));
  });

  const refused: Readonly<Record<string, unknown>> = {
    "no JSON": undefined,
    "another kind": { kind: "RunStatus", ...planting },
    "no secret": { kind: "CanarySecrets", marker: planting.marker, secrets: [] },
    "no marker": { kind: "CanarySecrets", secrets: planting.secrets },
    "too short a secret": {
      kind: "CanarySecrets",
      ...planting,
      secrets: [{ place: "a", value: "1234567" }],
    },
    "blanks in a secret": {
      kind: "CanarySecrets",
      ...planting,
      secrets: [{ place: "a", value: "1234 5678" }],
    },
    null: null,
  };
  for (const [name, document] of Object.entries(refused))
    test(`${name} is no file of secrets`, () => {
      const file = join(dir, "refused.json");
      writeFileSync(file, document === undefined ? "{" : JSON.stringify(document));
      assert.throws(() => readSecretsFile(file), isFailure("ST_FILE_UNREADABLE", /planted/));
    });

  test("every file in a directory is listed once, but for the secrets", () => {
    const root = join(dir, "outputs");
    mkdirSync(join(root, "logs/old"), { recursive: true });
    const names = ["lines", "logs/access.log", "logs/old/1.gz"];
    for (const name of names) writeFileSync(join(root, name), name);
    const secrets = join(root, "secrets.json");
    writeSecretsFile(secrets, planting);
    linkSync(join(root, "lines"), join(root, "logs/lines-again"));
    symlinkSync("/etc/hostname", join(root, "logs/elsewhere"));
    const { paths, passedOver } = listFiles([root, join(root, "lines")], secrets);
    assert.deepEqual(
      paths.map((path) => relative(root, path)),
      names,
    );
    assert.equal(passedOver, 0);
    assert.deepEqual(listFiles(["/dev/null"], secrets), { paths: [], passedOver: 1 });
    const missing = () => listFiles([root, join(root, "missing")], secrets);
    assert.throws(missing, isFailure("ST_FILE_UNREADABLE", /missing cannot be looked through/));
  });
});
