import { ShadowtapError } from "../../model/errors.ts";
import { detectStyle } from "../../report/style.ts";
import { listFiles } from "./list-files.ts";
import { type CanaryReport, canaryReportJson, formatCanaryReport, type Leak } from "./report.ts";
import { type Found, searchFile } from "./search-file.ts";
import { createSearch } from "./search-stream.ts";
import { readSecretsFile } from "./secrets-file.ts";

export const CHECK_KINDS = ["table", "json"] as const;

/** Everything that `shadowtap canary check` is told. */
export interface CheckOptions {
  readonly secretsFile: string;
  readonly outputs: readonly string[];
  readonly output: (typeof CHECK_KINDS)[number];
}

/** Told apart from every way in which a command can fail: docs/canary.md. */
const EXIT_FOUND = 79;
const EXIT_UNREADABLE = 65;

/** Looks for every planted secret in files and directories. Throws ST_FILE_UNREADABLE. */
async function checkOutputs(
  secretsFile: string,
  outputs: readonly string[],
): Promise<CanaryReport> {
  const { marker, secrets } = readSecretsFile(secretsFile);
  const { paths, passedOver } = listFiles(outputs, secretsFile);
  if (paths.length === 0)
    throw new ShadowtapError(
      "ST_FILE_UNREADABLE",
      "There is no file to look through: nothing would be proved.",
      ["Name the outputs of the run: its lines, its summary, the shadow's logs."],
    );
  const search = createSearch([...secrets.map(({ value }) => value), marker]);
  const leaks: Leak[] = [];
  const faults: { readonly file: string; readonly reason: string }[] = [];
  let isMarkerSeen = false;
  for (const file of paths) {
    const { found, fault } = await searchFile(file, search);
    if (fault !== undefined) faults.push({ file, reason: fault });
    isMarkerSeen ||= found.some(({ index }) => index === secrets.length);
    for (const [index, { place }] of secrets.entries()) {
      const ofSecret = found.filter((one) => one.index === index);
      leaks.push(...leaksOf(place, file, ofSecret));
    }
  }
  return {
    secrets: secrets.length,
    files: paths.length,
    passedOver,
    isMarkerSeen,
    leaks,
    faults,
  };
}

/** One row for each form in which a secret was found. */
function leaksOf(place: string, file: string, found: readonly Found[]): Leak[] {
  const byForm = Map.groupBy(found, formOf);
  return [...byForm].map(([form, all]) => ({
    place,
    file,
    form,
    offset: Math.min(...all.map(({ offset }) => offset)),
    times: all.length,
  }));
}

function formOf({ form, isEncoded, within }: Found): string {
  const written = !isEncoded ? form : form === "raw" ? "encoded" : `encoded ${form}`;
  return [written, ...within.toReversed()].join(" in ");
}

/** Prints what was found, and says by the exit code whether anything was. */
export async function check({ secretsFile, outputs, output }: CheckOptions): Promise<void> {
  const report = await checkOutputs(secretsFile, outputs);
  process.stdout.write(
    output === "json"
      ? canaryReportJson(report)
      : formatCanaryReport(report, detectStyle(process.stdout, process.env)),
  );
  if (report.leaks.length > 0) process.exitCode = EXIT_FOUND;
  else if (report.faults.length > 0) process.exitCode = EXIT_UNREADABLE;
}
