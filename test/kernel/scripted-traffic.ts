import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { startServer } from "./capture-harness.ts";

/** What one connection sends, to the byte, and when its server answers. Text is latin1. */
export interface Script {
  readonly text: string;
  /** The server answers once it has read up to here; ascending. */
  readonly answersAt: readonly number[];
  /** Places at which a write ends. */
  readonly cuts: readonly number[];
  /** The client goes on behind these places only when everything due has been answered. */
  readonly waitsAt: readonly number[];
}

/** A server that answers by script, and the connections to it. */
interface ScriptedTraffic extends Disposable {
  readonly port: number;
  connect(): Promise<ScriptedConnection>;
}

interface ScriptedConnection {
  /** Sends a script, resolves when all of it is answered. A connection may have several, one after the other. */
  play(script: Script): Promise<void>;
  /** Ends it; resolves when the server has, too. */
  end(): Promise<void>;
}

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/** One connection's server side: where in its script it is. */
interface Stage {
  script: Script;
  readBytes: number;
  answered: number;
}

export async function startScriptedTraffic(): Promise<ScriptedTraffic> {
  /** By the client's port: client and server are one process. */
  const stages = new Map<number, Stage>();
  const sockets = new Set<Socket>();
  const { server, port } = await startServer("127.0.0.1", (socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => {
      const stage = stages.get(socket.remotePort ?? 0);
      if (stage === undefined) throw new Error("bytes of a connection without a script");
      stage.readBytes += bytes.length;
      const { answersAt } = stage.script;
      while ((answersAt[stage.answered] ?? Number.POSITIVE_INFINITY) <= stage.readBytes) {
        stage.answered++;
        socket.write(ANSWER);
      }
    });
  });
  return {
    port,
    async connect() {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      sockets.add(socket);
      await once(socket, "connect");
      const localPort = socket.localPort ?? 0;
      let receivedBytes = 0;
      let wake = () => {};
      socket.on("data", (bytes) => {
        receivedBytes += bytes.length;
        wake();
      });
      return {
        async play(script) {
          const before = receivedBytes;
          stages.set(localPort, { script, readBytes: 0, answered: 0 });
          const { text, answersAt, cuts, waitsAt } = script;
          const waits = new Set([...waitsAt, text.length]);
          const ends = [...new Set([...cuts, ...waits])].sort((a, b) => a - b);
          let from = 0;
          for (const end of ends) {
            socket.write(text.slice(from, end), "latin1");
            from = end;
            if (!waits.has(end)) continue;
            const due = answersAt.filter((at) => at <= end).length * ANSWER.length;
            while (receivedBytes - before < due)
              await new Promise<void>((resolve) => {
                wake = resolve;
              });
          }
        },
        async end() {
          const closed = once(socket, "close");
          socket.end();
          await closed;
          sockets.delete(socket);
        },
      };
    },
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
