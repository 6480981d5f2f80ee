import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatPage,
  formatTable,
  isGood,
  type KernelReport,
  type MatrixRow,
} from "../../scripts/machine/matrix-report.ts";

const REPORT: KernelReport = {
  release: "5.10.0-1-amd64",
  loads: [
    { hook: "cgroup", loaded: 6, scanned: 6, refusals: [] },
    { hook: "tc", loaded: 6, scanned: 0, refusals: [] },
    { hook: "socket", loaded: 6, scanned: 0, refusals: [] },
  ],
  checks: [
    { name: "tc programs", result: "ok", detail: "The kernel takes them." },
    { name: "release", result: "ok", detail: "not told" },
  ],
  tests: [{ file: "a.test.ts", passed: 3, failed: 0, skipped: 2, failures: [] }],
};
const good: MatrixRow = { kernel: "5.10", report: REPORT };
const refusing: MatrixRow = {
  kernel: "6.1",
  report: {
    ...REPORT,
    loads: [{ hook: "tc", loaded: 5, scanned: 5, refusals: ["any: no\nlog"] }],
    tests: [
      {
        file: "a.test.ts",
        passed: 3,
        failed: 1,
        skipped: 0,
        failures: ["one"],
        firstCrash: "SIGSEGV",
      },
    ],
  },
};

test("a kernel is good when it takes everything and tests ran and passed", () => {
  assert.equal(isGood(good), true);
  assert.equal(isGood(refusing), false);
  assert.equal(isGood({ kernel: "sid", failure: "failed" }), false);
  const untested = { kernel: "x", report: { ...REPORT, tests: [{ ...emptyRun }] } };
  assert.equal(isGood(untested), false);
});

const emptyRun = { file: "a", passed: 0, failed: 0, skipped: 0, failures: [] };

test("the table has a line for each kernel, and says what is refused", () => {
  const lines = formatTable([good, refusing, { kernel: "sid", failure: "no package" }]).split("\n");
  assert.equal(lines.length, 6);
  assert.equal(
    lines[2],
    "| 5.10 | 5.10.0-1-amd64 | loads | loads, without scan | loads, without scan | 3 passed, 2 skipped |",
  );
  assert.match(
    lines[3] ?? "",
    /not tried \| \*\*refuses 1 of 6\*\* .* 3 passed, 1 file only when run again, \*\*1 failed\*\*/,
  );
  assert.match(lines[4] ?? "", /^\| sid \| \?.*no package \|$/);
});

test("the page tells what doctor says of the hooks, and troubles by their first line", () => {
  const page = formatPage([good, refusing]);
  assert.match(
    page,
    /## 5\.10: Linux 5\.10\.0-1-amd64\n\n- tc programs: The kernel takes them\.\n/,
  );
  assert.doesNotMatch(page, /not told/);
  assert.match(page, /about speed: `a\.test\.ts`\.\n/);
  assert.match(
    page,
    /- tc refused: any: no\n- a\.test\.ts was run twice: at first SIGSEGV ended it\.\n- a\.test\.ts failed: one\n/,
  );
});
