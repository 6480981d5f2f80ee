import { codeOf, ShadowtapError } from "../../model/errors.ts";
import { exchange } from "./exchange.ts";
import { isDead, listSockets, type RunSocket } from "./socket-path.ts";

function notRunning(cause?: unknown): ShadowtapError {
  return new ShadowtapError(
    "ST_NOT_RUNNING",
    "No shadowtap is running here.",
    [
      "Start one with `shadowtap mirror` or `shadowtap run`.",
      "Name its socket with --admin-socket if it was started with --admin-socket.",
    ],
    cause,
  );
}

/** What a failure to reach a socket means to the user. */
export function unreachable(path: string, cause: unknown): ShadowtapError {
  const code = codeOf(cause);
  if (code === "EACCES" || code === "EPERM")
    return new ShadowtapError(
      "ST_PERMISSION",
      `The admin socket ${path} may not be used by this user (${code}).`,
      ["Run this as the user that runs shadowtap, mostly root."],
      cause,
    );
  return new ShadowtapError(
    "ST_NOT_RUNNING",
    `No shadowtap answers at ${path} (${code}).`,
    [
      "Check the path: it is what --admin-socket said when the run began, else /run/shadowtap/PID.sock.",
      "See whether the run has ended.",
    ],
    cause,
  );
}

function socketsIn(directory: string): readonly RunSocket[] {
  try {
    return listSockets(directory);
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") throw notRunning(cause);
    throw unreachable(directory, cause);
  }
}

/** `812: shadowtap run shadowtap.yaml`, as far as the run tells. */
async function describe({ path, pid }: RunSocket): Promise<string> {
  try {
    const answer = await exchange(path, { kind: "status" });
    if (!answer.ok || answer.status === undefined) return `${pid}`;
    const { command, configFile, listeners } = answer.status;
    const about = configFile ?? listeners.join(", ");
    return `${pid}: shadowtap ${command}${about === "" ? "" : ` (${about})`}`;
  } catch {
    return `${pid}`;
  }
}

/** Path of the one run's socket; throws ST_NOT_RUNNING, ST_RUN_UNKNOWN when there are several, or ST_PERMISSION. */
export async function findRun(directory: string): Promise<string> {
  const sockets = socketsIn(directory);
  const dead = await Promise.all(sockets.map(({ path }) => isDead(path)));
  const alive = sockets.filter((_, index) => dead[index] === false);
  const [only] = alive;
  if (only === undefined) throw notRunning();
  if (alive.length === 1) return only.path;
  const runs = await Promise.all(alive.map(describe));
  throw new ShadowtapError(
    "ST_RUN_UNKNOWN",
    `${alive.length} runs of shadowtap are going on; which one is meant must be said.`,
    alive.map(({ path }, index) => `--admin-socket ${path} for ${runs[index]}.`),
  );
}
