import { createHash } from "node:crypto";
import { type FSWatcher, readFileSync, watch } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { AuditCause } from "../model/audit.ts";
import type { Asker } from "../model/control.ts";
import { codeOf, ShadowtapError } from "../model/errors.ts";
import type { RunConfig } from "../model/run-config.ts";
import type { ReloadStatus } from "../model/status.ts";

/** Editors and the kubelet change a file in several steps. */
const SETTLE_MS = 200;

export interface Reloads extends Disposable {
  /** Reads the file again and puts it in force; resolves with what to say, rejects when the old rules stay. */
  reload(by?: Asker): Promise<string>;
  readonly last: ReloadStatus | undefined;
  readonly done: number;
  readonly refused: number;
}

export interface ReloadParts {
  readonly read: (() => Promise<RunConfig>) | undefined;
  readonly file: string | undefined;
  /** Reload by itself when the file has changed. */
  readonly watched: boolean;
  use(config: RunConfig): Promise<void>;
  say(line: string): void;
  /** What became of each try, for the record; `error` is undefined when the new rules are in force. */
  note?(by: AuditCause, error: unknown): void;
}

/** Reloads the rules on SIGHUP, when the file has changed, and when asked to. The old rules stay when the new ones are refused. */
export function createReloads(parts: ReloadParts): Reloads {
  const { read, file, say } = parts;
  let last: ReloadStatus | undefined;
  let done = 0;
  let refused = 0;
  let digest = file === undefined ? "" : digestOf(file);

  const reload = async (by: AuditCause): Promise<string> => {
    if (read === undefined || file === undefined)
      throw new ShadowtapError("ST_USAGE", "This run has no rules file to read again.", [
        "Its rules are flags of `shadowtap mirror`; use `shadowtap run -c FILE` for rules that can change.",
      ]);
    const at = new Date().toISOString();
    digest = digestOf(file);
    try {
      await parts.use(await read());
    } catch (error) {
      refused++;
      const message = error instanceof Error ? error.message : String(error);
      last = { at, ok: false, message };
      say(`${file} is refused, the rules before stay in force: ${message}`);
      parts.note?.(by, error);
      throw error;
    }
    done++;
    const message = `Reloaded ${file}.`;
    last = { at, ok: true, message };
    say(message);
    parts.note?.(by, undefined);
    return message;
  };
  // Its outcome has been said.
  const byItself = (by: AuditCause) => void reload(by).catch(() => {});
  const onHangUp = () => byItself({ kind: "signal", signal: "SIGHUP" });

  let timer: NodeJS.Timeout | undefined;
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (file !== undefined && digestOf(file) !== digest) byItself({ kind: "file_watch" });
    }, SETTLE_MS);
  };
  const watcher = parts.watched && file !== undefined ? watchFile(file, changed, say) : undefined;
  if (read !== undefined) process.on("SIGHUP", onHangUp);
  return {
    reload: (by) => reload({ kind: "admin", ...by }),
    get last() {
      return last;
    },
    get done() {
      return done;
    },
    get refused() {
      return refused;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      watcher?.close();
      process.off("SIGHUP", onHangUp);
    },
  };
}

/** Watches the directory: a file that is replaced, or reached through a link that is (a ConfigMap's `..data`), is another file. */
function watchFile(
  file: string,
  changed: () => void,
  say: (line: string) => void,
): FSWatcher | undefined {
  const path = resolve(file);
  try {
    return watch(dirname(path), { persistent: false }, (_event, name) => {
      if (name === null || name === basename(path) || name.startsWith("..")) changed();
    }).on("error", () => {});
  } catch (error) {
    say(
      `${file} cannot be watched (${codeOf(error)}): reload it with SIGHUP or \`shadowtap reload\`.`,
    );
    return undefined;
  }
}

/** Empty while there is no such file. */
function digestOf(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    return "";
  }
}
