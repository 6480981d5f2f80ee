import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { renderPlot } from "../../scripts/soaking/plot.ts";
import { renderReport } from "../../scripts/soaking/report.ts";
import { judge } from "../../scripts/soaking/verdicts.ts";
import { aHistory } from "./a-history.ts";

describe("the report", () => {
  const history = aHistory({
    end: { ...aHistory().end, exitCode: 1, stderr: "<b>last</b> & least" },
  });
  const page = renderReport(history, judge(history));

  test("needs nothing but itself", () => {
    assert.doesNotMatch(page, /<script|<link|<img|<iframe|\bsrc=|\bhref=|url\(|@import|https?:/i);
    assert.match(page, /prefers-color-scheme: dark/);
  });

  test("begins with the verdicts, one row each, before any plot", () => {
    const rows = page.match(/<tr class="(passed|failed|open)">/g) ?? [];
    assert.equal(rows.length, judge(history).length);
    assert.ok(page.indexOf("</table>") < page.indexOf("<svg"));
    assert.match(page, /Failed: 1 of \d+ checks\./);
  });

  test("what it quotes is text", () => {
    assert.ok(page.includes("&#60;b&#62;last&#60;/b&#62; &#38; least"));
  });

  test("has a plot of everything that is measured, without a number that is none", () => {
    assert.equal(page.match(/<svg/g)?.length, 6);
    assert.doesNotMatch(page, /NaN|Infinity|undefined/);
  });
});

describe("a plot", () => {
  const frame = { title: "A", unit: "things", durationMs: 60_000 };
  const points = [
    [0, 0],
    [30_000, 7],
    [60_000, 3],
  ] as const;

  test("stays within its frame, and its axis begins at zero", () => {
    const svg = renderPlot({ ...frame, series: [{ name: "a", colour: 1, points }] });
    const line = /polyline class="line"[^>]* points="([^"]+)"/.exec(svg)?.[1] ?? "";
    const places = line.split(" ").map((one) => one.split(",").map(Number));
    assert.equal(places.length, 3);
    for (const [x = -1, y = -1] of places)
      assert.ok(x >= 0 && x <= 640 && y >= 0 && y <= 220, line);
    const ticks = [...svg.matchAll(/text-anchor="end">([^<]+)</g)].map(([, text]) => Number(text));
    assert.deepEqual(ticks, [0, 2, 4, 6, 8]);
    assert.equal(svg.match(/<circle/g)?.length, 3);
  });

  test("of nothing, or of zeros only, is drawn, too", () => {
    for (const none of [[], [[0, 0] as const]])
      assert.doesNotMatch(
        renderPlot({ ...frame, series: [{ name: "a", colour: 1, points: none }] }),
        /NaN|Infinity/,
      );
  });
});

test("a wrong command line is refused before anything is built", () => {
  const script = join(import.meta.dirname, "../../scripts/soak.ts");
  for (const args of [[], ["--minutes", "0"], ["--minutes", "many"], ["--hours", "1"]]) {
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
    assert.equal(status, 64);
    assert.match(stderr, /usage: scripts\/soak --minutes N/);
  }
});
