import http from "node:http";
import { Duplex } from "node:stream";

/** One request as a parser understood it; bodies without their chunk framing, all text latin-1. */
export interface Understood {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
}

/** What Node's own parser makes of the bytes of one connection, and why it refused the rest, if it did. */
export interface Verdict {
  readonly requests: readonly Understood[];
  readonly error: string | undefined;
}

/** Node's HTTP/1.1 server (llhttp in its default strictness) without a network: bytes in, requests out. */
export function createNodeOracle(): (bytes: Uint8Array) => Promise<Verdict> {
  let taken: { request: http.IncomingMessage; body: string }[] = [];
  let error: string | undefined;
  const take = (request: http.IncomingMessage, response: http.ServerResponse) => {
    const entry = { request, body: "" };
    taken.push(entry);
    request.on("data", (chunk: Buffer) => {
      entry.body += chunk.toString("latin1");
    });
    request.on("error", () => {});
    request.on("end", () => response.end());
  };
  const server = new http.Server({ requireHostHeader: false, maxHeaderSize: 1 << 20 }, take);
  server.on("checkContinue", take);
  server.on("checkExpectation", take);
  server.on("clientError", (fault: NodeJS.ErrnoException, socket) => {
    error = `${fault.code}: ${(fault as { reason?: string }).reason ?? fault.message}`;
    // Not at once: the requests before the fault are parsed, and their events are still to come.
    setImmediate(() => socket.destroy());
  });
  return (bytes) =>
    new Promise((resolve) => {
      taken = [];
      error = undefined;
      const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
      socket.on("error", () => {});
      socket.on("close", () =>
        resolve({
          requests: taken.filter(({ request }) => request.complete).map(understood),
          error,
        }),
      );
      server.emit("connection", socket);
      socket.push(bytes);
      socket.push(null);
    });
}

function understood(taken: { request: http.IncomingMessage; body: string }): Understood {
  const { rawHeaders, method = "", url: target = "" } = taken.request;
  const fields = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ""] as const] : [],
  );
  return { method, target, fields: fields.map(([name, value]) => [name, value]), body: taken.body };
}
