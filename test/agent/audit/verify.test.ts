import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { sealEntry } from "../../../src/agent/audit/chain.ts";
import { parseVerifyOptions, verifyTrails } from "../../../src/agent/audit/verify.ts";
import { ShadowtapError } from "../../../src/model/errors.ts";
import { fc } from "../../fuzz/property.ts";
import { chainOf, ELSEWHERE, entryOf, hashOf, runOf, timeOf } from "./sample-trail.ts";

const directory = mkdtempSync(join(tmpdir(), "shadowtap-audit-"));
after(() => rmSync(directory, { recursive: true }));
const FILE = join(directory, "audit.jsonl");

function verifyBytes(bytes: string | Uint8Array, last?: string, machine = ELSEWHERE) {
  writeFileSync(FILE, bytes);
  return verifyTrails({ files: [FILE], last }, machine);
}

const verify = (lines: readonly string[], last?: string) =>
  verifyBytes(lines.map((line) => `${line}\n`).join(""), last);

/** The defects of a trail as `kind line`. */
async function defects(lines: readonly string[]): Promise<string[]> {
  return (await verify(lines)).defects.map(({ kind, line }) => `${kind} ${line}`);
}

/** The lines in this order; -1 stands for nothing. */
const order = (lines: readonly string[], ...indices: readonly number[]) =>
  indices.map((index) => lines[index] ?? "");

describe("a trail that is whole", () => {
  test("tells its entries, times, runs and last hash", async () => {
    const two = [
      entryOf("r1", 0),
      entryOf("r1", 1),
      entryOf("r1", 2, true),
      { ...entryOf("r2", 0), time: timeOf(9) },
    ];
    const lines = chainOf(two);
    const report = await verify(lines, hashOf(lines[1]));
    assert.deepEqual(report, {
      files: [FILE],
      entries: 4,
      firstAt: timeOf(0),
      lastAt: timeOf(9),
      head: hashOf(lines[3]),
      torn: 0,
      gaps: 0,
      defects: [],
      runs: [
        {
          run: "r1",
          startedAt: timeOf(0),
          endedAt: timeOf(2),
          end: "stopped",
          why: "signal SIGTERM",
          who: "uid 0, login anna, sudo by anna",
          version: "0.1.0",
          changes: 1,
          refused: 0,
        },
        {
          run: "r2",
          startedAt: timeOf(9),
          endedAt: undefined,
          end: "open",
          why: undefined,
          who: "uid 0, login anna, sudo by anna",
          version: "0.1.0",
          changes: 0,
          refused: 0,
        },
      ],
    });
  });

  test("is checked with nothing but sha256", () => {
    const [first = "", second = ""] = runOf(3);
    const hash = createHash("sha256")
      .update(first.replace(/,"hash":"[0-9a-f]{64}"\}$/, "}"))
      .digest("hex");
    assert.equal(hash, hashOf(first));
    assert.equal(JSON.parse(second).prev, hash);
    assert.equal(JSON.parse(first).prev, "0".repeat(64));
  });

  test("says of a run without an end whether it goes on, where that can be seen", async () => {
    const lines = `${runOf(1).join("\n")}\n`;
    const at = async (bootId: string, ticks: number | undefined) => {
      const machine = { name: "node-7", bootId, startedTicks: () => ticks };
      return (await verifyBytes(lines, undefined, machine)).runs.map(({ end }) => end);
    };
    assert.deepEqual(await at("b1", 4242), ["running"]);
    assert.deepEqual(await at("b1", 4243), ["killed"]);
    assert.deepEqual(await at("b1", undefined), ["killed"]);
    assert.deepEqual(await at("b2", 4242), ["killed"]);
  });

  test("may be in several files, and several chains one after the other", async () => {
    const lines = runOf(6);
    const [a, b, c] = ["a", "b", "c"].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(a, `${lines.slice(0, 2).join("\n")}\n`);
    writeFileSync(b, `${lines.slice(2).join("\n")}\n`);
    writeFileSync(c, `${runOf(3, "r2").join("\n")}\n`);
    const of = async (...files: string[]) =>
      (await verifyTrails({ files, last: undefined }, ELSEWHERE)).defects.map(
        ({ kind, line }) => `${kind} ${line}`,
      );
    assert.deepEqual(await of(a, b, c), []);
    assert.deepEqual(await of(c, a, b), []);
    assert.deepEqual(await of(b), ["removed 1"]);
    assert.deepEqual(await of(a, c, b), ["removed 1"]);
  });

  test("may be empty", async () => {
    const { entries, head, defects: found } = await verifyBytes("");
    assert.deepEqual([entries, head, found], [0, undefined, []]);
  });
});

describe("what was done to a trail", () => {
  const lines = runOf(7);

  test("a changed line, with its number", async () => {
    const changed = lines.with(3, (lines[3] ?? "").replace('"pid":3', '"pid":4'));
    assert.deepEqual(await defects(changed), ["changed 4"]);
    assert.deepEqual(await defects(lines.with(3, "hello")), ["changed 4"]);
    assert.deepEqual(await defects(lines.with(6, "hello")), ["changed 7"]);
  });

  test("a line whose hash was made anew", async () => {
    const { prev } = JSON.parse(lines[3] ?? "");
    const forged = sealEntry({ seq: 4, prev }, entryOf("r1", 2)).line;
    assert.deepEqual(await defects(lines.with(3, forged)), ["replaced 4"]);
  });

  test("removed lines", async () => {
    assert.deepEqual(await defects(order(lines, 0, 1, 4, 5, 6)), ["removed 3"]);
    assert.deepEqual(await defects(order(lines, 2, 3, 4, 5, 6)), ["removed 1"]);
    const changed = order(lines, 0, 1, 2, 4, 5, 6).with(2, "hello");
    assert.deepEqual(await defects(changed), ["changed 3", "removed 4"]);
  });

  test("inserted lines", async () => {
    assert.deepEqual(await defects(lines.toSpliced(3, 0, "hello")), ["inserted 4"]);
    assert.deepEqual(await defects(order(lines, 0, 1, 2, 1, 3, 4, 5, 6)), ["inserted 4"]);
    const { prev } = JSON.parse(lines[3] ?? "");
    const forged = sealEntry({ seq: 4, prev }, entryOf("r1", 5)).line;
    assert.deepEqual(await defects(lines.toSpliced(3, 0, forged)), ["inserted 4"]);
  });

  test("reordered lines", async () => {
    assert.deepEqual(await defects(order(lines, 0, 2, 1, 3, 4, 5, 6)), ["reordered 2"]);
    assert.deepEqual(await defects(order(lines, 1, 0, 2, 3, 4, 5, 6)), ["reordered 1"]);
    assert.deepEqual(await defects(order(lines, 0, 4, 1, 2, 3, 5, 6)), ["reordered 2"]);
    assert.deepEqual(await defects(order(lines, 0, 2, 3, 4, 1, 5, 6)), ["reordered 2"]);
  });

  test("a shortened file, if its last hash was noted", async () => {
    const short = lines.slice(0, -1);
    assert.deepEqual(await defects(short), []);
    const { defects: found } = await verify(short, hashOf(lines.at(-1)));
    assert.deepEqual(
      found.map(({ kind, line }) => [kind, line]),
      [["truncated", undefined]],
    );
    assert.deepEqual((await verify(lines, hashOf(lines.at(-1)))).defects, []);
  });

  test("a last line without an end", async () => {
    const whole = lines.join("\n");
    for (const cut of [0, 1, 40, 76])
      assert.deepEqual(
        (await verifyBytes(whole.slice(0, whole.length - cut))).defects.map(
          ({ kind, line }) => `${kind} ${line}`,
        ),
        ["cut 7"],
      );
  });

  test("a line that was set aside, and then changed or removed", async () => {
    const piece = (lines[2] ?? "").slice(0, 50);
    const { prev } = JSON.parse(lines[2] ?? "");
    const sha256 = createHash("sha256").update(piece).digest("hex");
    const { line } = sealEntry(
      { seq: 3, prev },
      { time: timeOf(3), run: "r2", event: "torn", bytes: piece.length, sha256 },
    );
    const start = lines.slice(0, 2);
    const report = await verify([...start, piece, line]);
    assert.deepEqual([report.torn, report.defects], [1, []]);
    assert.deepEqual(await defects([...start, `${piece}x`, line]), ["inserted 3"]);
    assert.deepEqual(await defects([...start, line]), ["removed 3"]);
  });
});

/** Trails of one to four runs, some of them killed. */
const trails = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 })
  .map((lengths) =>
    chainOf(
      lengths.flatMap((length, run) =>
        Array.from({ length }, (_, index) =>
          entryOf(`r${run}`, index, index > 0 && index === length - 1),
        ),
      ),
    ),
  );
const natural = fc.nat();

describe("properties", () => {
  test("a whole chain has no defect", () =>
    fc.assert(
      fc.asyncProperty(trails, async (lines) => {
        assert.deepEqual(await defects(lines), []);
      }),
      { numRuns: 50 },
    ));

  test("any other byte anywhere is found", () =>
    fc.assert(
      fc.asyncProperty(trails, natural, fc.integer({ min: 1, max: 255 }), async (lines, at, by) => {
        const bytes = Buffer.from(`${lines.join("\n")}\n`);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ by;
        assert.notDeepEqual((await verifyBytes(bytes)).defects, []);
      }),
      { numRuns: 400 },
    ));

  test("bytes that were put in or taken out are found", () =>
    fc.assert(
      fc.asyncProperty(
        trails,
        natural,
        fc.string({ unit: "binary", maxLength: 5 }),
        fc.nat(200),
        async (lines, at, put, taken) => {
          const text = `${lines.join("\n")}\n`;
          const place = at % text.length;
          const edited = text.slice(0, place) + put + text.slice(place + taken);
          // Shortened between two lines is what cannot be told without the last hash.
          fc.pre(edited !== text && !text.startsWith(edited));
          assert.notDeepEqual((await verifyBytes(edited)).defects, []);
        },
      ),
      { numRuns: 400 },
    ));

  test("a removed, repeated or moved line is found", () =>
    fc.assert(
      fc.asyncProperty(trails, natural, natural, async (lines, from, to) => {
        const [a, b] = [from % lines.length, to % lines.length];
        const line = lines[a] ?? "";
        if (a < lines.length - 1)
          assert.notDeepEqual(await defects(lines.toSpliced(a, 1)), [], "removed");
        assert.notDeepEqual(await defects(lines.toSpliced(b, 0, line)), [], "repeated");
        if (a === b) return;
        assert.notDeepEqual(
          await defects(lines.toSpliced(a, 1).toSpliced(b, 0, line)),
          [],
          "moved",
        );
        const swapped = lines.with(a, lines[b] ?? "").with(b, line);
        assert.notDeepEqual(await defects(swapped), [], "swapped");
      }),
      { numRuns: 200 },
    ));

  test("a line written anew, with a right hash, is found unless it is the last", () =>
    fc.assert(
      fc.asyncProperty(trails, natural, async (lines, at) => {
        fc.pre(lines.length > 1);
        const place = at % (lines.length - 1);
        const { seq, prev } = JSON.parse(lines[place] ?? "");
        const forged = sealEntry({ seq, prev }, entryOf("forged", 0)).line;
        assert.deepEqual(await defects(lines.with(place, forged)), [`replaced ${place + 1}`]);
      }),
      { numRuns: 100 },
    ));

  test("a shortened file lacks the hash that was noted", () =>
    fc.assert(
      fc.asyncProperty(trails, natural, async (lines, at) => {
        const bytes = Buffer.from(`${lines.join("\n")}\n`);
        const { defects: found } = await verifyBytes(
          bytes.subarray(0, at % (bytes.length - 1)),
          hashOf(lines.at(-1)),
        );
        assert.ok(found.some(({ kind }) => kind === "truncated"));
      }),
      { numRuns: 100 },
    ));

  test("whatever a file holds, it is answered", () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const { entries, defects: found } = await verifyBytes(bytes);
        assert.equal(entries, 0);
        assert.equal(found.length > 0, bytes.length > 0);
      }),
      { numRuns: 100 },
    ));
});

test("what is asked wrongly is refused", async () => {
  const refused = (code: string) => (error: unknown) =>
    error instanceof ShadowtapError && error.code === code && error.hints.length > 0;
  assert.throws(() => parseVerifyOptions([], undefined, "text"), refused("ST_USAGE"));
  assert.throws(() => parseVerifyOptions(["-", "-"], undefined, "text"), refused("ST_USAGE"));
  assert.throws(() => parseVerifyOptions(["a"], "abc", "text"), refused("ST_USAGE"));
  await assert.rejects(
    verifyTrails({ files: [join(directory, "none")], last: undefined }, ELSEWHERE),
    refused("ST_FILE_UNREADABLE"),
  );
});
