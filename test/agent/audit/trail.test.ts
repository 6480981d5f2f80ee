import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createAuditTrail } from "../../../src/agent/audit/trail.ts";
import type { TrailFile } from "../../../src/agent/audit/trail-file.ts";
import type { AuditChange, AuditEntry, StopCause } from "../../../src/model/audit.ts";
import { ShadowtapError } from "../../../src/model/errors.ts";
import { ORIGIN } from "./sample-trail.ts";

const PAUSE: AuditChange = { what: "pause", target: "shadow" };
const BY = { kind: "admin", uid: 7, pid: 8 } as const;
const END: StopCause = { kind: "count" };

// A run is kept alive by its capture, not by an entry that waits.
const alive = setInterval(() => {}, 1_000);
after(() => clearInterval(alive));

/** A trail on a disk that can be full, or unable to keep what it took. */
function createDisk() {
  const entries: AuditEntry[] = [];
  const lines: string[] = [];
  const disk = { isFull: false, isUnsafe: false, tries: 0 };
  let tried = Promise.withResolvers<void>();
  const file: TrailFile = {
    async append(entry) {
      disk.tries++;
      tried.resolve();
      tried = Promise.withResolvers();
      if (disk.isFull) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      entries.push(entry);
      const unsafe = disk.isUnsafe ? Object.assign(new Error("bad"), { code: "EIO" }) : undefined;
      return { hash: `h${entries.length}`, unsafe };
    },
    close: async () => {},
  };
  const trail = createAuditTrail("audit.jsonl", file, (line) => lines.push(line), {
    retryMs: 5,
    lastTryMs: 30,
  });
  const events = () => entries.map(({ event }) => event);
  /** Resolves when it has been tried so many times more. */
  const tries = async (count: number) => {
    for (let left = count; left > 0; left--) await tried.promise;
  };
  return { disk, trail, entries, lines, events, tries };
}

test("a run is told from its start to its end", async () => {
  const { trail, entries, lines, events } = createDisk();
  await trail.start(() => ORIGIN);
  trail.change(BY, PAUSE);
  trail.refuse(
    { kind: "file_watch" },
    { what: "rules", subject: "a.yaml", code: "X", message: "m" },
  );
  await trail.stop(END, { capture: {} });
  assert.deepEqual(events(), ["start", "change", "refused", "stop"]);
  assert.equal(new Set(entries.map(({ run }) => run)).size, 1);
  for (const { time } of entries) assert.equal(new Date(time).toISOString(), time);
  assert.deepEqual(lines, ["Audit trail: audit.jsonl ends with h4."]);
  const { time, run, ...change } = entries[1] as AuditEntry;
  assert.deepEqual(change, { event: "change", by: BY, change: PAUSE });
});

test("the first end counts, and nothing comes after it", async () => {
  const { trail, entries, events } = createDisk();
  await trail.start(() => ORIGIN);
  await trail.stop(END, null);
  await trail.stop({ kind: "error", code: "X", message: "later" }, null);
  trail.change(BY, PAUSE);
  assert.deepEqual(events(), ["start", "stop"]);
  assert.deepEqual((entries[1] as { why?: unknown }).why, END);
});

test("a run that cannot tell its start does not begin, and has no end", async () => {
  for (const trouble of ["isFull", "isUnsafe"] as const) {
    const { disk, trail, events } = createDisk();
    disk[trouble] = true;
    await assert.rejects(
      trail.start(() => ORIGIN),
      (error) => error instanceof ShadowtapError && error.code === "ST_FILE_UNWRITABLE",
    );
    disk[trouble] = false;
    await trail.stop(END, null);
    assert.ok(!events().includes("stop"));
  }
});

test("while the disk is full the run goes on, says so once, and tells of the gap", async () => {
  const { disk, trail, entries, lines, events, tries } = createDisk();
  await trail.start(() => ORIGIN);
  disk.isFull = true;
  trail.change(BY, PAUSE);
  trail.change(BY, PAUSE);
  await tries(3);
  trail.change(BY, PAUSE);
  await tries(3);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /ENOSPC.*tries again/);
  disk.isFull = false;
  await tries(4);
  await trail.stop(END, null);
  assert.deepEqual(events(), ["start", "gap", "change", "change", "change", "stop"]);
  const gap = entries[1] as Extract<AuditEntry, { event: "gap" }>;
  assert.deepEqual([gap.code, gap.late, gap.dropped], ["ENOSPC", 3, 0]);
  assert.ok(gap.since <= gap.time);
  // What came late has the time at which it was.
  assert.ok((entries[2]?.time ?? "") <= gap.since);
  assert.match(lines[1] ?? "", /written again/);
});

test("what waits for a disk is bounded, and what is given up is counted", async () => {
  const { disk, trail, entries, tries } = createDisk();
  await trail.start(() => ORIGIN);
  disk.isFull = true;
  trail.change(BY, PAUSE);
  await tries(2);
  for (let index = 0; index < 1_500; index++) trail.change(BY, PAUSE);
  disk.isFull = false;
  await trail.stop(END, null);
  const gap = entries.find((entry) => entry.event === "gap");
  assert.equal(gap?.dropped, 501);
  assert.equal(entries.filter(({ event }) => event === "change").length, 1_000);
});

test("a disk that stays full keeps no run from its end", async () => {
  const { disk, trail, lines, events } = createDisk();
  await trail.start(() => ORIGIN);
  disk.isFull = true;
  await trail.stop(END, null);
  assert.deepEqual(events(), ["start"]);
  assert.match(lines.at(-1) ?? "", /lacks its end: 1 entries/);
});

test("what a disk may not keep is said, and not written twice", async () => {
  const { disk, trail, lines, events, tries } = createDisk();
  await trail.start(() => ORIGIN);
  disk.isUnsafe = true;
  trail.change(BY, PAUSE);
  disk.isUnsafe = false;
  await tries(1);
  await trail.stop(END, null);
  assert.deepEqual(events(), ["start", "change", "gap", "stop"]);
  assert.match(lines[0] ?? "", /EIO/);
});
