import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Cleanup } from "../model/cleanup.ts";
import { codeOf, ShadowtapError } from "../model/errors.ts";

/** Throws ST_FILE_UNWRITABLE before the run when what it will write at its end could not be written. */
export function requireWritable(flag: string, path: string | undefined): void {
  if (path === undefined) return;
  const absolute = resolve(path);
  try {
    accessSync(dirname(absolute), constants.W_OK);
  } catch (cause) {
    throw unwritable(flag, path, codeOf(cause), cause);
  }
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory())
    throw unwritable(flag, path, "EISDIR");
}

/** Writes a file whole or not at all, so that whoever waits for it never reads half of it. */
export function writeOutput(flag: string, path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw unwritable(flag, path, codeOf(cause), cause);
  }
}

/** Writes this process's id for whoever waits for it; the file goes when the run does. */
export function publishProcessId(flag: string, path: string | undefined, cleanup: Cleanup): void {
  if (path === undefined) return;
  writeOutput(flag, path, `${process.pid}\n`);
  cleanup.defer(() => rmSync(path, { force: true }));
}

function unwritable(flag: string, path: string, code: string, cause?: unknown): ShadowtapError {
  return new ShadowtapError(
    "ST_FILE_UNWRITABLE",
    `${flag} ${path} cannot be written (${code}).`,
    ["Name a file in a directory that exists and that this user may write to."],
    cause,
  );
}
