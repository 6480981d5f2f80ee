import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { AuditOrigin } from "../../model/audit.ts";
import { ownVersion } from "../version.ts";
import { sha256 } from "./chain.ts";
import { publicCommandLine } from "./command-line.ts";
import { bootId, startedTicks } from "./processes.ts";

/** What /proc/self/loginuid says where nobody has logged in. */
const NO_LOGIN = 0xffffffff;
const ROOT = join(import.meta.dirname, "../../..");
/** What runs: this folder itself is in `dist`, or in a checkout's `src`. */
const CODE = import.meta.dirname.startsWith(join(ROOT, "dist")) ? "dist" : "src";
const PROGRAM = ["bin", "build/bpf", CODE, "package.json"];

/** Who starts this process, from which files. */
export function describeOrigin(): AuditOrigin {
  const login = Number(read("/proc/self/loginuid") ?? NO_LOGIN);
  const loginUid = login === NO_LOGIN ? null : login;
  return {
    who: {
      uid: process.getuid?.() ?? 0,
      login_uid: loginUid,
      login_user: loginUid === null ? null : userName(loginUid),
      sudo_user: process.env["SUDO_USER"] ?? null,
      parent: { pid: process.ppid, name: read(`/proc/${process.ppid}/comm`) ?? null },
    },
    process: { pid: process.pid, started_ticks: startedTicks(process.pid) ?? 0 },
    binary: {
      path: mainFile(),
      version: ownVersion(),
      sha256: programDigest(ROOT, PROGRAM),
      node: process.version,
    },
    command: ["shadowtap", ...publicCommandLine(process.argv.slice(2))],
    host: { name: hostname(), boot_id: bootId() ?? "" },
  };
}

/**
 * SHA-256 of what `find … -type f | LC_ALL=C sort | xargs sha256sum` prints in the program's directory: anybody can find out whether these
 * files are those of a release. Links are not followed.
 */
export function programDigest(root: string, parts: readonly string[]): string {
  const files = parts.flatMap((part) => filesBelow(root, part));
  const lines = files
    .sort(byBytes)
    .map((path) => `${sha256(readFileSync(join(root, path)))}  ${path}\n`);
  return sha256(lines.join(""));
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function filesBelow(root: string, part: string): string[] {
  const found = statSync(join(root, part), { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (found.isFile()) return [part];
  return readdirSync(join(root, part), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

function mainFile(): string {
  const path = process.argv[1] ?? process.execPath;
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** As /etc/passwd has it; directories of users on the network are not asked. */
function userName(uid: number): string | null {
  const lines = (read("/etc/passwd") ?? "").split("\n").map((line) => line.split(":"));
  return lines.find(([, , id]) => id === String(uid))?.[0] ?? null;
}

/** Undefined where there is no such file, as in a container without audit support. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
