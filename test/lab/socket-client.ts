import { join } from "node:path";
import type { Host } from "./lab.ts";
import { until } from "./wait.ts";

/** One TCP connection whose every segment the test decides. */
interface ClientSocket {
  /** Hands text (latin1) to the kernel in one write, with Nagle's algorithm off. */
  write(text: string): Promise<void>;
  /** Resolves when everything received so far contains `text`; returns it all. */
  until(text: string): Promise<string>;
  /** Half-closes: FIN after what was written. */
  end(): Promise<void>;
  /** Resets the connection. */
  reset(): Promise<void>;
}

/** A process inside a namespace that opens connections for the test. */
export interface SocketClient {
  connect(address: string, port: number): Promise<ClientSocket>;
}

/** What the parent asks of the child; each is answered with its `id`. */
export type Command =
  | { kind: "connect"; id: number; socket: number; address: string; port: number }
  | { kind: "write"; id: number; socket: number; text: string }
  | { kind: "received" | "end" | "reset"; id: number; socket: number };

type Wish<T> = T extends { id: number } ? Omit<T, "id"> : never;

/** Starts the process. `address` of `connect` is without brackets. */
export function startSocketClient(host: Host): SocketClient {
  const script = join(import.meta.dirname, "socket-client-child.ts");
  const args = ["--disable-warning=ExperimentalWarning", script];
  const { child } = host.start(process.execPath, args, { ipc: true });
  const waiting = new Map<number, { resolve(text: string): void; reject(error: Error): void }>();
  let ids = 0;
  let sockets = 0;
  child.on("message", (answer: { id: number; text: string; error?: string }) => {
    const caller = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.error === undefined) caller?.resolve(answer.text);
    else caller?.reject(new Error(answer.error));
  });
  const ask = (wish: Wish<Command>): Promise<string> =>
    new Promise((resolve, reject) => {
      ids += 1;
      waiting.set(ids, { resolve, reject });
      child.send({ ...wish, id: ids });
    });
  return {
    async connect(address, port) {
      sockets += 1;
      const socket = sockets;
      await ask({ kind: "connect", socket, address, port });
      return {
        async write(text) {
          await ask({ kind: "write", socket, text });
        },
        async until(text) {
          let received = "";
          await until(
            async () => {
              received = await ask({ kind: "received", socket });
              return received.includes(text);
            },
            10_000,
            () => `received ${JSON.stringify(received.slice(-500))}, not ${JSON.stringify(text)}`,
          );
          return received;
        },
        async end() {
          await ask({ kind: "end", socket });
        },
        async reset() {
          await ask({ kind: "reset", socket });
        },
      };
    },
  };
}
