import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { codeOf, ShadowtapError } from "../../model/errors.ts";

/** What is to be looked at. */
export interface FileList {
  readonly paths: readonly string[];
  /** Sockets, pipes and devices: they hold nothing. */
  readonly passedOver: number;
}

/**
 * The files that are named or lie in a named directory, in order, each once, the one of the secrets left out. Links are followed where they
 * are named. Throws ST_FILE_UNREADABLE: what cannot be looked at must not count as clean.
 */
export function listFiles(named: readonly string[], secretsFile: string): FileList {
  const seen = new Set([identity(secretsFile)]);
  const paths: string[] = [];
  let passedOver = 0;

  function visit(path: string, isNamed: boolean): void {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: isNamed });
    if (stats === undefined) return;
    if (stats.isDirectory()) {
      for (const entry of readdirSync(path, { withFileTypes: true }).sort(byName))
        if (!entry.isSymbolicLink()) visit(join(path, entry.name), false);
      return;
    }
    if (!stats.isFile()) passedOver += 1;
    else if (!seen.has(identity(path))) {
      seen.add(identity(path));
      paths.push(path);
    }
  }

  for (const path of named) {
    try {
      visit(path, true);
    } catch (cause) {
      throw new ShadowtapError(
        "ST_FILE_UNREADABLE",
        `${path} cannot be looked through (${codeOf(cause)}).`,
        ["Name files and directories that exist and that this user may read."],
        cause,
      );
    }
  }
  return { paths, passedOver };
}

function byName(left: { readonly name: string }, right: { readonly name: string }): number {
  return left.name < right.name ? -1 : 1;
}

/** The same for every name of one file. */
function identity(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev} ${ino}`;
}
