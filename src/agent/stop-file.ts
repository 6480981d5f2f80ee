import { type FSWatcher, lstatSync, watch } from "node:fs";
import { dirname, resolve } from "node:path";
import { codeOf, ShadowtapError } from "../model/errors.ts";

/** Not every file system tells of its changes: a remote one does not, and a directory may come later than the watch. */
const LOOK_INTERVAL_MS = 500;

/** Throws when a run with this stop file would end at once, or when its file could never be seen. */
export function requireNoStopFile(path: string | undefined): void {
  if (path === undefined) return;
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) lstatSync(dirname(resolve(path)));
    else
      throw new ShadowtapError(
        "ST_USAGE",
        `The stop file ${path} is there: this run would end at once.`,
        [`Remove it when mirroring may go on: \`rm ${path}\`.`],
      );
  } catch (error) {
    if (error instanceof ShadowtapError) throw error;
    throw new ShadowtapError(
      "ST_USAGE",
      `The stop file ${path} could not be seen if it were there (${codeOf(error)}).`,
      ["Name a file in a directory that exists and that shadowtap may look into."],
      error,
    );
  }
}

/** Calls back once, as soon as the file is there, whatever it is. */
export function watchStopFile(path: string, onFound: () => void): Disposable {
  let watcher: FSWatcher | undefined;
  const stop = () => {
    clearInterval(timer);
    watcher?.close();
  };
  const look = () => {
    if (!isThere(path)) return;
    stop();
    onFound();
  };
  const timer = setInterval(look, LOOK_INTERVAL_MS);
  try {
    watcher = watch(dirname(resolve(path)), look).on("error", () => {});
  } catch {
    // Looking at it from time to time is enough.
  }
  look();
  return { [Symbol.dispose]: stop };
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
