import { once } from "node:events";
import { join } from "node:path";
import type { Host } from "./lab.ts";
import type { Program } from "./process.ts";

export interface OwnerServerOptions {
  readonly port: number;
  /** The user it becomes once it listens, so that its listener is root's and its connections are this user's; root unless told. */
  readonly uid?: number;
  /** The cgroup2 directory that it enters before it listens. */
  readonly cgroup?: string;
  /** What it listens on; 0.0.0.0 unless told. */
  readonly address?: string;
  /** The Node that runs it, this one unless told. */
  readonly executable?: string;
  /** Shares the port with other servers (SO_REUSEPORT). */
  readonly isShared?: boolean;
}

/** Who answered a request, by the server's own word. */
export interface Answer {
  readonly uid: number;
  readonly pid: number;
  readonly uri: string;
}

/** Starts a server that says in each answer who it is; resolves when it listens and has become its user. */
export async function startOwnerServer(host: Host, options: OwnerServerOptions): Promise<Program> {
  const script = join(import.meta.dirname, "owner-server-child.ts");
  const args = ["--disable-warning=ExperimentalWarning", script, JSON.stringify(options)];
  const program = host.start(options.executable ?? process.execPath, args, { ipc: true });
  const ended = program.exited.then(() => {
    throw new Error(`ended before it listened on ${options.port}: ${program.stderr().trim()}`);
  });
  await Promise.race([once(program.child, "message"), ended]);
  // Nobody waits for its end from here on.
  ended.catch(() => undefined);
  return program;
}

/** Reads the bodies of such servers' answers out of whatever is around them. */
export function readAnswers(text: string): Answer[] {
  return [...text.matchAll(/^(\d+) (\d+) (\/\S*)$/gm)].map(([, uid, pid, uri = ""]) => ({
    uid: Number(uid),
    pid: Number(pid),
    uri,
  }));
}
