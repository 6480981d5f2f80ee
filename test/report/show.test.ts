import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Diagnosis } from "../../src/model/diagnosis.ts";
import { diagnosisJson, formatDiagnosis } from "../../src/report/diagnosis.ts";
import { createProgress, type ProgressSnapshot } from "../../src/report/progress.ts";
import {
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  formatShare,
} from "../../src/report/quantity.ts";
import { detectStyle } from "../../src/report/style.ts";
import { PLAIN } from "./plain.ts";

describe("quantities", () => {
  const cases: readonly [actual: string, expected: string][] = [
    [formatMs(0), "0.0ms"],
    [formatMs(0.04), "0.0ms"],
    [formatMs(9.94), "9.9ms"],
    [formatMs(9.96), "10ms"],
    [formatMs(12.1), "12ms"],
    [formatMs(9999), "9999ms"],
    [formatMs(10_000), "10.0s"],
    [formatMs(119_949), "119.9s"],
    [formatMs(119_960), "2m00s"],
    [formatMs(3_605_000), "60m05s"],
    [formatCount(1_234_567), "1,234,567"],
    [formatRate(0.5), "0.5/s"],
    [formatRate(413.4), "413/s"],
    [formatBytes(0), "0 B"],
    [formatBytes(1536), "1.5 KiB"],
    [formatBytes(16 * 1024 ** 2), "16 MiB"],
    [formatShare(0, 5), "0 %"],
    [formatShare(5, 5), "100 %"],
    [formatShare(1, 1_000_000), "0.1 %"],
    [formatShare(999_999, 1_000_000), "99.9 %"],
    [formatShare(1, 3), "33.3 %"],
  ];
  for (const [actual, expected] of cases)
    test(expected, () => {
      assert.equal(actual, expected);
    });
});

describe("style", () => {
  const utf8 = { LANG: "en_US.UTF-8" };
  const terminal = { isTTY: true };

  test("colour wants a terminal that is not dumb, and no NO_COLOR", () => {
    assert.deepEqual(detectStyle(terminal, utf8), { colour: true, unicode: true });
    assert.equal(detectStyle({}, utf8).colour, false);
    assert.equal(detectStyle(terminal, { ...utf8, NO_COLOR: "1" }).colour, false);
    assert.equal(detectStyle(terminal, { ...utf8, NO_COLOR: "" }).colour, true);
    assert.deepEqual(detectStyle(terminal, { ...utf8, TERM: "dumb" }), PLAIN);
  });

  test("symbols want a UTF-8 locale; LC_ALL comes before LC_CTYPE before LANG", () => {
    assert.equal(detectStyle({}, {}).unicode, false);
    assert.equal(detectStyle({}, { LANG: "C" }).unicode, false);
    assert.equal(detectStyle({}, { LANG: "C.utf8" }).unicode, true);
    assert.equal(detectStyle({}, { ...utf8, LC_ALL: "C" }).unicode, false);
    assert.equal(detectStyle({}, { LANG: "C", LC_CTYPE: "en_GB.UTF-8", LC_ALL: "" }).unicode, true);
  });
});

describe("progress", () => {
  const snapshot = (elapsedMs: number, trouble: Partial<ProgressSnapshot> = {}) => ({
    elapsedMs,
    seen: 12_408,
    delivered: 11_100,
    failed: 0,
    lost: 0,
    shed: 0,
    ratePerSecond: 413.6,
    ...trouble,
  });

  function shown(live: boolean, elapsed: readonly number[], columns?: number): string[] {
    const written: string[] = [];
    const stream = {
      write: (text: string) => written.push(text),
      ...(columns !== undefined && { columns }),
    };
    const progress = createProgress(stream, { style: PLAIN, live });
    for (const elapsedMs of elapsed) progress.update(snapshot(elapsedMs));
    progress.clear();
    return written;
  }

  test("is one line in 10 s on a stream", () => {
    const every100ms = Array.from({ length: 301 }, (_, i) => i * 100);
    assert.deepEqual(shown(false, every100ms), [
      "10.0s  12,408 seen (414/s) - 11,100 delivered\n".replace(".0s", "s"),
      "20s  12,408 seen (414/s) - 11,100 delivered\n",
      "30s  12,408 seen (414/s) - 11,100 delivered\n",
    ]);
  });

  test("is a status line twice a second on a terminal, and is cleared", () => {
    const written = shown(true, [0, 100, 499, 500, 900, 1000]);
    assert.equal(written.length, 4);
    assert.ok(written.every((text) => text.startsWith("\r\x1b[K") && !text.includes("\n")));
    assert.equal(written[3], "\r\x1b[K");
  });

  test("fits a narrow terminal", () => {
    const [line = ""] = shown(true, [1000], 20);
    assert.equal(line.replace("\r\x1b[K", "").length, 19);
  });

  test("names trouble only when there is some", () => {
    const written: string[] = [];
    const stream = { write: (text: string) => written.push(text) };
    const progress = createProgress(stream, { style: PLAIN, live: false });
    progress.update(snapshot(10_000, { failed: 12, lost: 3, shed: 1000 }));
    assert.match(written[0] ?? "", /delivered - 12 failed - 3 lost - 1,000 shed\n$/);
  });
});

describe("diagnosis", () => {
  const diagnosis: Diagnosis = {
    checks: [
      { category: "kernel", name: "version", result: "ok", detail: "6.1.0", hint: "not shown" },
      { category: "kernel", name: "tcx", result: "warning", detail: "absent", hint: "Use clsact." },
      { category: "rights", name: "CAP_BPF", result: "error", detail: "missing", hint: "Be root." },
      { category: "rights", name: "lockdown", result: "unknown", detail: "not readable" },
    ],
  };

  test("is a table under categories, in ASCII where it must be", () => {
    assert.equal(
      formatDiagnosis(diagnosis, PLAIN),
      `kernel
  + version   6.1.0
  ! tcx       absent
              -> Use clsact.

rights
  x CAP_BPF   missing
              -> Be root.
  ? lockdown  not readable

1 error: shadowtap cannot mirror here yet (1 warning, 1 not checked).
`,
    );
  });

  test("has its symbols where they can be shown", () => {
    const text = formatDiagnosis(diagnosis, { colour: false, unicode: true });
    for (const mark of ["√ version", "‼ tcx", "× CAP_BPF", "? lockdown", "→ Be root."])
      assert.ok(text.includes(mark), mark);
  });

  test("is JSON for programs", () => {
    const document = JSON.parse(diagnosisJson(diagnosis));
    assert.equal(document.kind, "Diagnosis");
    assert.equal(document.success, false);
    assert.equal(document.checks[3].hint, null);
    assert.equal(document.checks.length, 4);
  });
});
