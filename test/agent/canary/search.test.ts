import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { searchFile } from "../../../src/agent/canary/search-file.ts";
import { createSearch, type Hit } from "../../../src/agent/canary/search-stream.ts";
import { fc } from "../../fuzz/property.ts";

const SECRETS = ["q7secret@mailbox.example", "+493012345678", "4929123456781235"];

/** How a value may be written down; the first three stay text that the others can be put around. */
const WRITTEN: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "percent-encoded": (text) => encodeURIComponent(text),
  "percent-encoded in small letters": (text) =>
    text.replace(/[^a-z0-9]/g, (one) => `%${one.charCodeAt(0).toString(16)}`),
  "percent-encoded twice": (text) => encodeURIComponent(encodeURIComponent(text)),
  "all escaped": (text) =>
    [...text].map((one) => `\\u00${one.charCodeAt(0).toString(16).padStart(2, "0")}`).join(""),
  "as in an access log": (text) => text.replace(/[^a-z0-9]/g, (one) => `\\x${hex(one)}`),
  "JSON within JSON": (text) => JSON.stringify(JSON.stringify({ [`"${text}"`]: text })),
  base64: (text) => Buffer.from(text).toString("base64"),
  "base64 within something": (text) => Buffer.from(`ab:${text}\n`).toString("base64"),
  "base64 of the URL kind": (text) => Buffer.from(`a?>${text}?>`).toString("base64url"),
  "base64 in lines": (text) =>
    Buffer.from(`a${text}`)
      .toString("base64")
      .replace(/.{10}/g, (line) => `${line}\r\n`),
  "base64 in JSON": (text) => JSON.stringify({ body: `${Buffer.from(text).toString("base64")}\n` }),
  hexadecimal: (text) => Buffer.from(text).toString("hex"),
  "hexadecimal in capitals": (text) => Buffer.from(text).toString("hex").toUpperCase(),
};

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase();
}

/** What is found when the bytes come in these pieces. */
function search(pieces: readonly Uint8Array[]): Hit[] {
  const hits: Hit[] = [];
  const stream = createSearch(SECRETS)({ hit: (one) => hits.push(one), compressed() {} });
  for (const piece of pieces) stream.push(piece);
  return hits;
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const ends = [...at.filter((one) => one < bytes.length).sort((a, b) => a - b), bytes.length];
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

describe("a secret is found", () => {
  for (const [name, write] of Object.entries(WRITTEN))
    for (const [index, secret] of SECRETS.entries())
      test(`${name}: ${index}`, () => {
        const bytes = Buffer.from(`before=${write(secret)}&after`);
        const hits = search([bytes]);
        assert.deepEqual([...new Set(hits.map((one) => one.index))], [index]);
        assert.ok(hits.every(({ offset }) => offset >= 7 && offset < bytes.length));
        assert.equal(hits.length, name === "JSON within JSON" ? 2 : 1);
      });

  test("however the bytes come, at the same place, as often", () => {
    const junk = fc.string({ maxLength: 40 });
    const written = fc.constantFrom(...Object.values(WRITTEN));
    const property = fc.property(
      fc.array(fc.tuple(junk, written, fc.constantFrom(...SECRETS))),
      fc.array(fc.nat(2_000)),
      (parts, cuts) => {
        const text = parts.map(([before, write, secret]) => `${before} ${write(secret)} `).join("");
        const bytes = Buffer.from(text);
        const inOne = search([bytes]);
        const found = new Set(inOne.map(({ index }) => index));
        for (const [, , secret] of parts) assert.ok(found.has(SECRETS.indexOf(secret)), text);
        const places = (hits: readonly Hit[]) =>
          [...new Set(hits.map(({ index, form, offset }) => `${index} ${form} ${offset}`))].sort();
        assert.deepEqual(places(search(cut(bytes, cuts))), places(inOne));
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test("behind megabytes, at the right offset, once", () => {
    const bytes = Buffer.concat([Buffer.alloc(3_000_001, "x\n%"), Buffer.from(SECRETS[0] ?? "")]);
    const pieces = cut(bytes, [1_000_000, 2_000_000, 3_000_010]);
    assert.deepEqual(search(pieces), [
      { index: 0, form: "raw", isEncoded: false, offset: 3_000_001 },
    ]);
  });
});

test("what only resembles a secret is not found", () => {
  const [mail = "", phone = "", card = ""] = SECRETS;
  const text = [mail.slice(1), mail.slice(0, -1), phone.slice(0, -1), card.slice(1)].join(" ");
  assert.deepEqual(search([Buffer.from(text)]), []);
  const near = `${Buffer.from(mail.toUpperCase()).toString("base64")} %`;
  assert.deepEqual(search([Buffer.from(near)]), []);
});

describe("files", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "shadowtap-canary-"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  async function searched(name: string, bytes: Uint8Array) {
    const file = join(dir, name);
    writeFileSync(file, bytes);
    const { found, fault } = await searchFile(file, createSearch(SECRETS));
    const places = found.map(({ index, form, offset, within }) => ({
      index,
      form,
      offset,
      within: within.join(" "),
    }));
    return { places, fault };
  }

  // What can be said shorter, so that no coding leaves the secret as it is.
  const noise = randomBytes(4_000).toString("hex");
  const plain = Buffer.from(`${noise}${encodeURIComponent(SECRETS[1] ?? "")}.`);
  const junk = Buffer.from("POST / HTTP/1.1\r\n\r\n");

  test("gzip, zstd and brotli", async () => {
    const at = { index: 1, form: "raw" as const, offset: 0 };
    assert.deepEqual(await searched("log.gz", gzipSync(plain)), {
      places: [{ ...at, within: "gzip" }],
      fault: undefined,
    });
    assert.deepEqual(await searched("log", zstdCompressSync(plain)), {
      places: [{ ...at, within: "zstd" }],
      fault: undefined,
    });
    assert.deepEqual(await searched("log.br", brotliCompressSync(plain)), {
      places: [{ ...at, within: "br" }],
      fault: undefined,
    });
  });

  test("in the middle of other bytes, one in the other, and several in a row", async () => {
    const nested = Buffer.concat([junk, gzipSync(Buffer.concat([junk, zstdCompressSync(plain)]))]);
    const bytes = Buffer.concat([
      nested,
      junk,
      gzipSync(plain),
      junk,
      zstdCompressSync(plain),
      junk,
    ]);
    const second = nested.length + junk.length;
    const third = second + gzipSync(plain).length + junk.length;
    const { places, fault } = await searched("capture.pcap", bytes);
    assert.equal(fault, undefined);
    const found = new Set(places.map(({ offset, within }) => `${offset} ${within}`));
    for (const one of [`${junk.length} gzip zstd`, `${second} gzip`, `${third} zstd`])
      assert.ok(found.has(one), one);
  });

  test("what looks compressed by chance is passed over, what should be and is not is a fault", async () => {
    const magic = Buffer.from([0x1f, 0x8b, 0x08]);
    const byChance = await searched("chance", Buffer.concat([junk, magic, plain]));
    assert.deepEqual(byChance.fault, undefined);
    assert.equal(byChance.places.length, 1);
    const damaged = gzipSync(plain);
    damaged.fill(0xff, 12, 40);
    assert.match((await searched("damaged.gz", damaged)).fault ?? "", /^Z_/);
    assert.match((await searched("damaged.br", junk)).fault ?? "", /ERR/);
  });
});
