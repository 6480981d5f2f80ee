import type { TestRun } from "./matrix-report.ts";

/** Reads what node's test runner wrote in TAP. A file that ended without its closing lines has failed. */
export function readTap(file: string, text: string): TestRun {
  const count = (word: string): number | undefined => {
    const found = new RegExp(`^# ${word} (\\d+)$`, "m").exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const passed = count("pass");
  const failed = count("fail");
  const cancelled = count("cancelled");
  if (passed === undefined || failed === undefined || cancelled === undefined)
    return { file, passed: 0, failed: 1, failures: ["it ended before its tests did"] };
  const failures = [...text.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, name = ""]) => name);
  return { file, passed, failed: failed + cancelled, failures };
}
