import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One program that the lab started and answers for. */
export interface Program {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  /** Undefined while it runs. */
  exit(): Exit | undefined;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  /** Sends `signal` (default TERM), SIGKILL after `graceMs`; resolves when it has ended. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<Exit>;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Adds an IPC channel as fd 3 or later. */
  readonly ipc?: boolean;
  /** Makes it the leader of a process group of its own, so that a whole tree can be signalled. */
  readonly group?: boolean;
}

/** What a program that ran to its end left behind. */
export interface Finished extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a program with captured output; throws when it cannot be started at all. */
export function start(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Program {
  const stdio: StdioOptions = ["ignore", "pipe", "pipe"];
  if (options.ipc === true) stdio.push("ipc");
  const child = spawn(command, args, {
    stdio,
    env: { ...process.env, ...options.env },
    detached: options.group === true,
  });
  const pid = child.pid;
  let out = "";
  let err = "";
  let exit: Exit | undefined;
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once("error", (error) => {
      err += String(error);
      exit = { code: 127, signal: null };
      resolve(exit);
    });
    child.once("close", (code, signal) => {
      exit = { code, signal };
      resolve(exit);
    });
  });
  if (pid === undefined) throw new Error(`cannot start ${command}: is it installed?`);
  return {
    pid,
    child,
    exited,
    exit: () => exit,
    stdout: () => out,
    stderr: () => err,
    async stop(signal = "SIGTERM", graceMs = 5_000) {
      if (exit !== undefined) return exit;
      const to = options.group === true ? -pid : pid;
      kill(to, signal);
      const timer = setTimeout(() => kill(to, "SIGKILL"), graceMs);
      const result = await exited;
      clearTimeout(timer);
      return result;
    },
  };
}

/** Signals a process or (negative) a group; one that is already gone is fine. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone between our look and our signal.
  }
}

/** Runs a program to its end, at most `timeoutMs`. */
export async function finish(program: Program, timeoutMs: number): Promise<Finished> {
  const timer = setTimeout(() => kill(program.pid, "SIGKILL"), timeoutMs);
  const exit = await program.exited;
  clearTimeout(timer);
  return { ...exit, stdout: program.stdout(), stderr: program.stderr() };
}
