import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Plant, plantsFor } from "../../../src/agent/canary/plants.ts";
import { searchFile } from "../../../src/agent/canary/search-file.ts";
import { createSearch } from "../../../src/agent/canary/search-stream.ts";
import { drawMarker, drawSecret } from "../../../src/agent/canary/secret.ts";
import { HeadCode, RequestHead } from "../../../src/decode/http1/request-head.ts";
import { NO_REDACTION, type RedactionPreset } from "../../../src/model/redaction.ts";
import { explainRedaction } from "../../../src/redact/explain.ts";

const MARKER = drawMarker();
const KEY = Buffer.from("a key of these tests alone");

/** The request as it is on the wire. */
function wire({ method, build }: Plant, secret: string): Uint8Array {
  const { path, headers, body, isChunked } = build(`/canary-${MARKER}`, secret);
  const content = Buffer.concat(
    isChunked
      ? [
          ...body.map((chunk) =>
            Buffer.concat([
              Buffer.from(`${chunk.length.toString(16)}\r\n`),
              chunk,
              Buffer.from("\r\n"),
            ]),
          ),
          Buffer.from("0\r\n\r\n"),
        ]
      : body,
  );
  const framing = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${content.length}`;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`${method} ${path} HTTP/1.1`, "Host: live", ...lines, framing, "", ""].join("\r\n");
  return Buffer.concat([Buffer.from(head, "latin1"), content]);
}

function redacted(bytes: Uint8Array, preset: RedactionPreset): Uint8Array {
  const head = new RequestHead();
  assert.equal(head.read(bytes, 0, bytes.length), HeadCode.complete);
  head.bodyEnd = bytes.length;
  const { outcome } = explainRedaction({ ...NO_REDACTION, preset }, KEY, head);
  if (outcome.kind === "refused") return assert.fail(outcome.reason);
  return outcome.bytes;
}

describe("what is planted", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "shadowtap-canary-"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  /** Which of the secret (0) and the marker (1) a request shows. */
  async function shown(bytes: Uint8Array, secret: string): Promise<number[]> {
    const file = join(dir, "request");
    writeFileSync(file, bytes);
    const { found } = await searchFile(file, createSearch([secret, MARKER]));
    return [...new Set(found.map(({ index }) => index))].sort();
  }

  for (const plant of plantsFor("all")) {
    test(`${plant.place} is found as sent, and not behind strict`, async () => {
      for (let run = 0; run < 10; run++) {
        const secret = drawSecret(plant.shape);
        const bytes = wire(plant, secret);
        assert.deepEqual(await shown(bytes, secret), [0, 1]);
        assert.deepEqual(await shown(redacted(bytes, "off"), secret), [0, 1]);
        assert.deepEqual(await shown(redacted(bytes, "strict"), secret), [1]);
      }
    });
  }

  test("places have names of their own, and GET alone plants nothing in bodies", () => {
    const all = plantsFor("all");
    assert.equal(new Set(all.map(({ place }) => place)).size, all.length);
    assert.ok(plantsFor(["GET"]).every(({ method }) => method === "GET"));
    assert.equal(plantsFor(["GET", "POST"]).length, all.length);
    assert.deepEqual(plantsFor(["HEAD"]), []);
  });
});
