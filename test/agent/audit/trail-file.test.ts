import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openTrail } from "../../../src/agent/audit/trail-file.ts";
import { verifyTrails } from "../../../src/agent/audit/verify.ts";
import { ShadowtapError } from "../../../src/model/errors.ts";
import { fc } from "../../fuzz/property.ts";
import { ELSEWHERE, entryOf, hashOf, runOf } from "./sample-trail.ts";

const directory = mkdtempSync(join(tmpdir(), "shadowtap-trail-"));
after(() => rmSync(directory, { recursive: true }));
let made = 0;
const newPath = () => join(directory, `${++made}.jsonl`);

async function append(path: string, ...indices: readonly number[]): Promise<string[]> {
  const trail = await openTrail(path);
  const hashes = [];
  for (const index of indices) hashes.push((await trail.append(entryOf("r1", index))).hash);
  await trail.close();
  return hashes;
}

async function found(path: string) {
  const { entries, torn, defects } = await verifyTrails(
    { files: [path], last: undefined },
    ELSEWHERE,
  );
  return { entries, torn, defects: defects.map(({ kind, line }) => `${kind} ${line}`) };
}

const refused = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof ShadowtapError &&
  error.code === code &&
  message.test(error.message) &&
  error.hints.length > 0;

describe("appending", () => {
  test("makes a file that nobody else may read, and a chain in it", async () => {
    const path = newPath();
    const mask = process.umask(0);
    const hashes = await append(path, 0, 1).finally(() => process.umask(mask));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    assert.deepEqual(lines.map(hashOf), hashes);
    assert.deepEqual(lines, runOf(3).slice(0, 2));
  });

  test("goes on where the file ends", async () => {
    const path = newPath();
    await append(path, 0, 1);
    await append(path, 2);
    assert.deepEqual(await found(path), { entries: 3, torn: 0, defects: [] });
  });

  test("of two that have it open never forks the chain", async () => {
    const path = newPath();
    const [a, b] = [await openTrail(path), await openTrail(path)];
    for (let index = 0; index < 10; index++)
      await Promise.all([a.append(entryOf("a", index)), b.append(entryOf("b", index))]);
    await Promise.all([a.close(), b.close()]);
    assert.deepEqual(await found(path), { entries: 20, torn: 0, defects: [] });
  });

  test("finds the end of a long file, and of one with long lines", async () => {
    const path = newPath();
    const long = { ...entryOf("r1", 1), reason: "x".repeat(500_000) };
    const trail = await openTrail(path);
    await trail.append(entryOf("r1", 0));
    await trail.append(long);
    await trail.close();
    await append(path, 2);
    assert.deepEqual(await found(path), { entries: 3, torn: 0, defects: [] });
  });

  test("to a file that was shortened meanwhile leaves a hole that is seen", async () => {
    const path = newPath();
    const trail = await openTrail(path);
    await trail.append(entryOf("r1", 0));
    const { size } = statSync(path);
    await trail.append(entryOf("r1", 1));
    truncateSync(path, size);
    await trail.append(entryOf("r1", 2));
    await trail.close();
    assert.deepEqual(await found(path), { entries: 2, torn: 0, defects: ["removed 2"] });
  });
});

describe("a line that was cut off", () => {
  test("is set aside wherever the cut was, and the chain goes on", () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.nat(), async (length, at) => {
        const path = newPath();
        const lines = runOf(length);
        const last = `${lines.at(-1)}\n`;
        const cut = 1 + (at % (last.length - 1));
        const before = lines.slice(0, -1).map((line) => `${line}\n`);
        writeFileSync(path, before.join("") + last.slice(0, cut), { mode: 0o600 });
        await append(path, 5, 6);
        const isWhole = cut === last.length - 1;
        assert.deepEqual(await found(path), {
          entries: before.length + 3,
          torn: isWhole ? 0 : 1,
          defects: [],
        });
      }),
      { numRuns: 150 },
    ));

  test("is set aside when that was cut off, too", async () => {
    const path = newPath();
    await append(path, 0, 1);
    appendFileSync(path, '{"seq":3,"ti');
    const start = readFileSync(path);
    await append(path, 2);
    const whole = readFileSync(path);
    for (let cut = start.length + 1; cut < whole.length; cut += 37) {
      writeFileSync(path, whole.subarray(0, cut));
      await append(path, 3);
      const { torn, defects } = await found(path);
      assert.deepEqual(defects, [], `cut at ${cut}`);
      assert.ok(torn >= 1);
    }
  });
});

describe("a file that cannot be trusted is refused", () => {
  test("when others may read or write it", async () => {
    const path = newPath();
    await append(path, 0);
    for (const mode of [0o640, 0o602, 0o604, 0o660]) {
      chmodSync(path, mode);
      await assert.rejects(
        openTrail(path),
        refused("ST_AUDIT_EXPOSED", new RegExp(`mode 0${mode.toString(8)}`)),
      );
    }
  });

  test("when it is no file, or a link to one", async () => {
    const path = newPath();
    const link = newPath();
    await append(path, 0);
    symlinkSync(path, link);
    await assert.rejects(openTrail(link), refused("ST_FILE_UNWRITABLE", /ELOOP/));
    mkdirSync(newPath());
    await assert.rejects(
      openTrail(join(directory, `${made}`, "..")),
      refused("ST_FILE_UNWRITABLE", /EISDIR/),
    );
    await assert.rejects(openTrail("/dev/null"), refused("ST_AUDIT_EXPOSED", /regular/));
    await assert.rejects(
      openTrail(join(directory, "none", "a")),
      refused("ST_FILE_UNWRITABLE", /ENOENT/),
    );
  });

  test("when its last line was changed, or it is no trail: it stays as it is", async () => {
    for (const text of [
      `${runOf(3).join("\n").replace("SIGTERM", "SIGKILL")}\n`,
      `${runOf(3).join("\n").replace("SIGTERM", "SIGKILL")}`,
      "It was a dark and stormy night.\n",
      "\n",
      '{"seq":2,"ti',
    ]) {
      const path = newPath();
      writeFileSync(path, text, { mode: 0o600 });
      await assert.rejects(append(path, 0), refused("ST_AUDIT_BROKEN", /cannot be continued/));
      assert.equal(readFileSync(path, "utf8"), text);
    }
  });
});

describe("several processes", () => {
  /** An appender; `dots` are entries that it has said are there. */
  function start(path: string, run: string, count: number) {
    const child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        join(import.meta.dirname, "appender-child.ts"),
        path,
        run,
        `${count}`,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let dots = 0;
    const first = new Promise<void>((resolve) => {
      child.stdout.on("data", (text: Buffer) => {
        dots += text.length;
        if (dots >= 3) resolve();
      });
    });
    return { child, first, dots: () => dots, exited: once(child, "close") };
  }

  test("that append at once make one chain, with each one's entries in order", async () => {
    const path = newPath();
    const all = ["a", "b", "c"].map((run) => start(path, run, 60));
    for (const { exited } of all) assert.deepEqual(await exited, [0, null]);
    assert.deepEqual(await found(path), { entries: 180, torn: 0, defects: [] });
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const rules = lines.map((line) => JSON.parse(line).change.rule as string);
    for (const run of ["a", "b", "c"])
      assert.deepEqual(
        rules.filter((rule) => rule.startsWith(run)),
        Array.from({ length: 60 }, (_, index) => `${run}-${index}`),
      );
    // They did meet: none of them had written all of its own before another began.
    assert.notDeepEqual(rules, rules.toSorted());
  });

  test("of which one is killed: the lock goes with it, and nothing that it said is lost", async () => {
    const path = newPath();
    const victim = start(path, "v", 100_000);
    const other = start(path, "o", 40);
    await victim.first;
    victim.child.kill("SIGKILL");
    await victim.exited;
    assert.deepEqual(await other.exited, [0, null]);
    await append(path, 1);
    const { entries, defects } = await found(path);
    assert.deepEqual(defects, []);
    assert.ok(entries >= 41 + victim.dots(), `${entries} entries, ${victim.dots()} said`);
  });
});
