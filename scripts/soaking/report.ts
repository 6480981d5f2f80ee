import { release } from "node:os";
import type { History } from "./history.ts";
import { escapeHtml, type Plot, renderPlot, type Series } from "./plot.ts";
import { STYLE } from "./report-style.ts";
import { floorsOf, memoryFit, processNames, type Verdict, warmUpMs } from "./verdicts.ts";

const MIB = 1024 * 1024;
const SIGNS = { passed: "✓ passed", failed: "✗ failed", open: "– too short" } as const;

function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 120 ? `${seconds} s` : `${(seconds / 60).toFixed(1)} min`;
}

function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(
    ({ name, outcome, sentence }) =>
      `<tr class="${outcome}"><th scope="row">${escapeHtml(name)}</th><td class="outcome">${SIGNS[outcome]}</td><td>${escapeHtml(sentence)}</td></tr>`,
  );
  return `<table><thead><tr><th>Check</th><th>Outcome</th><th>Found</th></tr></thead><tbody>${rows.join("\n")}</tbody></table>`;
}

function headline(verdicts: readonly Verdict[]): string {
  const failed = verdicts.filter(({ outcome }) => outcome === "failed").length;
  const open = verdicts.filter(({ outcome }) => outcome === "open").length;
  const rest = open === 0 ? "" : ` ${open} could not be judged in so short a time.`;
  return failed === 0
    ? `<p class="verdict passed">Passed: no check failed.${rest}</p>`
    : `<p class="verdict failed">Failed: ${failed} of ${verdicts.length} checks.${rest}</p>`;
}

function memoryPlot(history: History): Plot {
  const { samples, durationMs } = history;
  const from = warmUpMs(history);
  const series = processNames(history).flatMap((name, index): Series[] => {
    const points = samples.flatMap(({ atMs, processes }) =>
      processes
        .filter((one) => one.name === name)
        .map(({ rssBytes }) => [atMs, rssBytes / MIB] as const),
    );
    const colour = 1 + (index % 4);
    const measured = { name, colour, points };
    if (floorsOf(history, name).filter(([atMs]) => atMs >= from).length < 2) return [measured];
    const { at } = memoryFit(history, name);
    const ends = [from, durationMs].map((ms) => [ms, at(ms) / MIB] as const);
    const fit = { name: `${name}, fitted to its floor`, colour, points: ends, isReference: true };
    return [measured, fit];
  });
  return { title: "Resident memory", unit: "MiB", series, durationMs, warmUpMs: from };
}

function filesPlot(history: History): Plot {
  const { checkpoints, durationMs } = history;
  const series = processNames(history).map((name, index) => ({
    name,
    colour: 1 + (index % 4),
    points: checkpoints.flatMap(({ atMs, processes }) =>
      processes.filter((one) => one.name === name).map(({ files }) => [atMs, files] as const),
    ),
  }));
  return { title: "File descriptors at rest", unit: "open", series, durationMs };
}

function plots(history: History): readonly Plot[] {
  const { checkpoints, samples, control, durationMs } = history;
  const over = <T>(all: readonly (T & { readonly atMs: number })[], of: (one: T) => number) =>
    all.map((one) => [one.atMs, of(one)] as const);
  const flat = (value: number) => [0, durationMs].map((ms) => [ms, value] as const);
  const line = (name: string, colour: number, points: Series["points"]): Series => ({
    name,
    colour,
    points,
  });
  return [
    memoryPlot(history),
    {
      title: "Live latency, 99th percentile of small requests",
      unit: "ms",
      durationMs,
      series: [
        line(
          "with shadowtap",
          1,
          over(checkpoints, ({ load }) => load.p99Ms),
        ),
        {
          ...line("without, before it started", 2, flat(control.p99Ms)),
          isReference: true,
        },
      ],
    },
    {
      title: "Requests so far",
      unit: "requests",
      durationMs,
      series: [
        line(
          "served by the live server",
          1,
          over(checkpoints, ({ served }) => served),
        ),
        line(
          "seen by shadowtap",
          2,
          over(checkpoints, ({ seen }) => seen),
        ),
        line(
          "copies delivered",
          3,
          over(checkpoints, ({ target }) => target.delivered),
        ),
      ],
    },
    {
      title: "Event loop of the payload process, late by at most",
      unit: "ms",
      durationMs,
      series: [
        line(
          "since its last report",
          1,
          over(samples, ({ loopLagMs }) => loopLagMs),
        ),
      ],
    },
    filesPlot(history),
    {
      title: "Objects in the kernel at rest",
      unit: "objects",
      durationMs,
      series: [
        line(
          "programs",
          1,
          over(checkpoints, ({ objects }) => objects.programs),
        ),
        line(
          "maps",
          2,
          over(checkpoints, ({ objects }) => objects.maps),
        ),
        line(
          "links",
          3,
          over(checkpoints, ({ objects }) => objects.links),
        ),
      ],
    },
  ];
}

function facts(history: History): string {
  const { startedAt, durationMs, intervalMs, checkpoints, end } = history;
  const cpu = `${((end.cpuSeconds / durationMs) * 100_000).toFixed(1)} % of a core`;
  return `<p class="facts">Began at ${startedAt.toISOString()}, took ${duration(durationMs)}, with ${checkpoints.length} rest points, one after each ${duration(intervalMs)} of load. Linux ${escapeHtml(release())}, Node ${process.version}. shadowtap used ${cpu}.</p>`;
}

/** The report as one page that needs nothing else: no script, no font, no picture of anywhere else. */
export function renderReport(history: History, verdicts: readonly Verdict[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>shadowtap soak</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>shadowtap soak</h1>
${headline(verdicts)}
${facts(history)}
${verdictTable(verdicts)}
<h2>Over time</h2>
<p class="facts">The shaded part is the warm-up, which is left out of slopes. Slopes are fitted to the smallest value of each interval.</p>
<div class="plots">
${plots(history).map(renderPlot).join("\n")}
</div>
</main>
</body>
</html>
`;
}
