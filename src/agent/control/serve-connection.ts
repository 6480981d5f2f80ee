import type { Socket } from "node:net";
import { peerOf } from "../../kernel/peer.ts";
import type { Asker, ControlAnswer, Controlled } from "../../model/control.ts";
import { ShadowtapError } from "../../model/errors.ts";
import { answerTo, refusal } from "./answer.ts";
import { parseControlRequest } from "./parse-request.ts";

/** No request is longer. */
export const MAX_LINE_BYTES = 64 * 1024;
/** A client that neither asks nor reads for so long is left. */
export const IDLE_TIMEOUT_MS = 30_000;
/** How long a client that is shown the door may take to read why. */
const FAREWELL_MS = 500;

const LINE_FEED = 0x0a;

const NOT_A_REQUEST = refusal(
  new ShadowtapError("ST_USAGE", "This is not a request of shadowtap's admin socket.", [
    "Use `shadowtap status` and the other commands.",
  ]),
);

export function encodeAnswer(answer: ControlAnswer): string {
  return `${JSON.stringify(answer)}\n`;
}

/** The lines of what a client sends, the last one perhaps without its line feed; undefined in place of one that is too long. */
async function* linesOf(socket: Socket): AsyncGenerator<string | undefined> {
  let rest: Buffer = Buffer.alloc(0);
  const chunks: AsyncIterable<Buffer> = socket.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      yield end > MAX_LINE_BYTES ? undefined : rest.toString("utf8", 0, end);
      rest = rest.subarray(end + 1);
    }
    if (rest.length > MAX_LINE_BYTES) yield undefined;
  }
  if (rest.length > 0) yield rest.toString("utf8");
}

/** Resolves when what was written is on its way, rejects when the client has gone or does not take it in time. */
function taken(socket: Socket, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // The socket's own time-out would not do: it begins anew with every byte that the client sends.
  const timer = setTimeout(() => socket.destroy(), timeoutMs).unref();
  const onClose = () => reject(new Error("The client has gone."));
  socket.once("drain", resolve);
  socket.once("close", onClose);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.off("drain", resolve);
    socket.off("close", onClose);
  });
}

/** Node does not say who is at the other end; the descriptor to ask the kernel by is the handle's. */
function askerOf(socket: Socket): Asker | undefined {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } };
  return handle?.fd === undefined || handle.fd < 0 ? undefined : peerOf(handle.fd);
}

/** Sends what is left to be sent, then closes; also when nobody reads it. */
export function sayFarewell(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
  socket.once("close", () => clearTimeout(timer));
  socket.end();
  // What comes is thrown away: closing over unread bytes would reset the connection, and the answer would be lost.
  socket.resume();
}

/**
 * Answers one client until it leaves, asks nonsense, or does nothing for too long. One request at a time, and nothing more is
 * read before its answer was taken: what a client can make the run hold is one line and one answer. Never rejects.
 */
export async function serveConnection(
  socket: Socket,
  controlled: Controlled,
  idleTimeoutMs: number,
): Promise<void> {
  socket.on("error", () => socket.destroy());
  socket.setTimeout(idleTimeoutMs, () => socket.destroy());
  const asker = askerOf(socket);
  try {
    for await (const line of linesOf(socket)) {
      const request = line === undefined ? undefined : parseControlRequest(line);
      const answer =
        request === undefined ? NOT_A_REQUEST : await answerTo(controlled, request, asker);
      if (!socket.write(encodeAnswer(answer))) await taken(socket, idleTimeoutMs);
      if (request === undefined) break;
    }
    sayFarewell(socket);
  } catch {
    // The client has gone, or was left: nobody is there to be told.
    socket.destroy();
  }
}
