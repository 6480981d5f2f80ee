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
    return { file, passed: 0, failed: 1, skipped: 0, failures: ["it ended before its tests did"] };
  const failures = [...text.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, name = ""]) => name);
  const crash = /^ {2}signal: '(SIG(?:SEGV|BUS|ILL|ABRT|TRAP))'$/m.exec(text)?.[1];
  const crashed = crash === undefined ? {} : { crash };
  return {
    ...crashed,
    file,
    passed,
    failed: failed + cancelled,
    skipped: count("skipped") ?? 0,
    failures,
  };
}
