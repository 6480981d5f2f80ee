import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import {
  type StatusScreen,
  type WatchOptions,
  watchStatus,
} from "../../../src/agent/control/watch-status.ts";
import { ShadowtapError } from "../../../src/model/errors.ts";
import type { RunStatus } from "../../../src/model/status.ts";
import { formatStatus } from "../../../src/report/status-text.ts";
import { PLAIN } from "../../report/plain.ts";
import { busyStatus } from "../../report/sample-status.ts";

const gone = new ShadowtapError("ST_NOT_RUNNING", "No shadowtap answers.", []);

/** Watches a run that answers `looks` times, then does what `then` says. */
async function watched(
  looks: number,
  then: "end" | "abort",
  options: Partial<WatchOptions> & Partial<StatusScreen> = {},
): Promise<{ how: string; written: string[] }> {
  const written: string[] = [];
  const ending = new AbortController();
  let asked = 0;
  const ask = async (): Promise<RunStatus> => {
    if (asked++ < looks) return busyStatus();
    if (then === "end") throw gone;
    ending.abort();
    return busyStatus();
  };
  const screen = { write: (text: string) => written.push(text), ...options };
  const how = await watchStatus(ask, screen, {
    kind: "text",
    style: PLAIN,
    live: false,
    intervalMs: 1,
    signal: ending.signal,
    ...options,
  });
  return { how, written };
}

describe("watching a run", () => {
  test("block after block, until the run has ended", async () => {
    const { how, written } = await watched(3, "end");
    const block = formatStatus(busyStatus(), PLAIN);
    assert.equal(how, "ended");
    assert.deepEqual(written, [block, `\n${block}`, `\n${block}`]);
  });

  test("one line of JSON after the other, until it is stopped", async () => {
    const { how, written } = await watched(1, "abort", { kind: "json" });
    assert.equal(how, "stopped");
    assert.equal(written.length, 2);
    for (const line of written) assert.match(line, /^\{"apiVersion".*\}\n$/);
  });

  test("a wait is cut short", async () => {
    const ending = new AbortController();
    const ask = async () => busyStatus();
    const screen = { write: () => setImmediate(() => ending.abort()) };
    const options = { kind: "text", style: PLAIN, live: false, intervalMs: 60_000 } as const;
    assert.equal(await watchStatus(ask, screen, { ...options, signal: ending.signal }), "stopped");
  });

  test("written over on a terminal, never wider nor higher than it", async () => {
    const { written } = await watched(2, "end", { live: true, columns: 40, rows: 10 });
    assert.ok(written[0]?.startsWith("\x1b[H\x1b[J"));
    assert.ok(written[1]?.startsWith("\x1b[Hshadowtap run"));
    for (const screen of written) {
      assert.ok(screen.endsWith("...\x1b[K\n\x1b[J"));
      const lines = stripVTControlCharacters(screen).split("\n").slice(0, -1);
      assert.equal(lines.length, 9);
      assert.ok(lines.every((line) => line.length < 40));
    }
  });

  test("a run that was never there is an error", async () => {
    await assert.rejects(watched(0, "end"), { code: "ST_NOT_RUNNING" });
  });
});
