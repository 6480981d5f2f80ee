import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Controlled } from "../../model/control.ts";
import { codeOf, ShadowtapError } from "../../model/errors.ts";
import { refusal } from "./answer.ts";
import { encodeAnswer, IDLE_TIMEOUT_MS, sayFarewell, serveConnection } from "./serve-connection.ts";
import { CONTROL_DIRECTORY, prepareDirectory, removeDead, requireShort } from "./socket-path.ts";

/** Clients at a time. */
export const MAX_CLIENTS = 16;

/** A run's admin socket, or why it has none. */
export interface ControlServer extends Disposable {
  /** Undefined when the default place cannot be used: the run goes on without. */
  readonly path: string | undefined;
  /** Why there is no socket, as a sentence for the user. */
  readonly reason: string | undefined;
}

export interface ControlPlace {
  readonly directory?: string;
  readonly idleTimeoutMs?: number;
}

const CROWDED = refusal(
  new ShadowtapError("ST_USAGE", `${MAX_CLIENTS} clients are connected to this run already.`, [
    "Wait, or end other `shadowtap status --watch`.",
  ]),
);

/** Answers until it is disposed of. The socket has mode 0600 from its first moment. */
async function listen(path: string, controlled: Controlled, idleTimeoutMs: number) {
  requireShort(path);
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (clients.size >= MAX_CLIENTS) {
      socket.on("error", () => socket.destroy());
      socket.write(encodeAnswer(CROWDED));
      sayFarewell(socket);
      return;
    }
    clients.add(socket);
    socket.once("close", () => clients.delete(socket));
    void serveConnection(socket, controlled, idleTimeoutMs);
  });
  // bind(2) happens within `listen`, so nothing else can come between the two changes of the mask.
  const mask = process.umask(0o177);
  try {
    server.listen({ path });
  } finally {
    process.umask(mask);
  }
  await once(server, "listening");
  // Accepting may fail later, for want of descriptors: the run does not depend on it.
  server.on("error", () => {});
  // A socket that is waited on must not keep a run that is over alive.
  server.unref();
  return () => {
    server.close();
    // An answer that was just written, such as the one to `stop`, still goes out.
    for (const socket of clients) sayFarewell(socket);
  };
}

function unusable(path: string, cause: unknown): ShadowtapError {
  const code = codeOf(cause);
  const inUse = code === "EADDRINUSE";
  const message = inUse
    ? `--admin-socket ${path} cannot be used: it is another run's, or no socket (EADDRINUSE).`
    : `--admin-socket ${path} cannot be made (${code}).`;
  return new ShadowtapError(
    "ST_FILE_UNWRITABLE",
    message,
    [
      inUse
        ? "Name a path that nothing is at."
        : "Name a path of at most 107 bytes, in a directory that exists and that this user may write to.",
    ],
    cause,
  );
}

/**
 * Opens the admin socket: at `path`, else at /run/shadowtap/PID.sock. Rejects with ST_FILE_UNWRITABLE when a path that was asked
 * for cannot be used. Once it is open nothing that clients do can throw into the run.
 */
export async function startControl(
  path: string | undefined,
  controlled: Controlled,
  place: ControlPlace = {},
): Promise<ControlServer> {
  const { directory = CONTROL_DIRECTORY, idleTimeoutMs = IDLE_TIMEOUT_MS } = place;
  try {
    if (path !== undefined) await removeDead(path);
    const used = path ?? (await prepareDirectory(directory));
    const close = await listen(used, controlled, idleTimeoutMs);
    return { path: used, reason: undefined, [Symbol.dispose]: close };
  } catch (cause) {
    if (path !== undefined) throw unusable(path, cause);
    const reason =
      `No admin socket: ${directory} cannot be used (${codeOf(cause)}). The run goes on, but ` +
      "`shadowtap status`, `stop` and the like cannot reach it; --admin-socket names another place.";
    return { path: undefined, reason, [Symbol.dispose]() {} };
  }
}
