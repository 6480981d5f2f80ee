import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { codeOf, ShadowtapError } from "../../model/errors.ts";

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
const OTHERS = 0o077;

/** Opens a trail for appending, making it with mode 0600 when it is not there. Rejects when others may read or write it. */
export async function openTrailFile(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  try {
    requireOwn(path, await file.stat());
    await syncDirectory(dirname(resolve(path)));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Why a trail cannot be written. */
export function unwritable(path: string, cause: unknown): ShadowtapError {
  const code = codeOf(cause);
  return new ShadowtapError(
    "ST_FILE_UNWRITABLE",
    `--audit-file ${path} cannot be written (${code}).`,
    [
      code === "ENOSPC" || code === "EDQUOT"
        ? "Make room on its file system: a run that should leave a trail does not start without one."
        : code === "ELOOP"
          ? "Name the file itself: a symbolic link could be pointed at another one."
          : "Name a file in a directory that exists and that this user may write to.",
    ],
    cause,
  );
}

function requireOwn(path: string, stats: Stats): void {
  const { mode, uid } = stats;
  if (!stats.isFile()) throw unsafe(path, "is not a regular file", "Name a file on a disk.");
  if ((mode & OTHERS) !== 0)
    throw unsafe(
      path,
      `may be read or written by others (mode 0${(mode & 0o777).toString(8)})`,
      `Run \`chmod 600 ${path}\`, after \`shadowtap audit verify ${path}\` if others may have written to it.`,
    );
  const own = process.geteuid?.() ?? uid;
  if (uid !== own && uid !== 0)
    throw unsafe(
      path,
      `belongs to the user ${uid}, who may change it`,
      `Run \`chown ${own} ${path}\`, or name another file.`,
    );
}

function unsafe(path: string, why: string, hint: string): ShadowtapError {
  return new ShadowtapError("ST_AUDIT_EXPOSED", `--audit-file ${path} ${why}.`, [hint]);
}

/** A new file is there after a power failure only when its directory is, too. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => undefined);
  // Some file systems cannot: the entries themselves are made durable one by one.
  await directory?.sync().catch(() => {});
  await directory?.close();
}
