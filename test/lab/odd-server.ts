import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Host, Lab } from "./lab.ts";
import type { Program } from "./process.ts";
import { untilListening } from "./wait.ts";

/**
 * What a server does with a request:
 *
 * - `record`: answers 200 to every bodiless request;
 * - `hang`: accepts and reads, never answers;
 * - `stop_reading`: accepts, reads nothing at all;
 * - `reset`: resets the connection at the first byte;
 * - `close`: closes it at the first byte;
 * - `reset_mid_response`: resets it when half of the answer is out;
 * - `close_idle`: answers 200, and closes the connection when it has rested for `delayMs`;
 * - `trickle`: answers one byte a second, for ever;
 * - `garbage`: answers with something that is not HTTP;
 * - `early_413`: answers 413 as soon as the head is there, and closes without reading the body;
 * - `slow`: answers 200 after `delayMs`.
 */
export type Oddity =
  | "record"
  | "hang"
  | "stop_reading"
  | "reset"
  | "close"
  | "reset_mid_response"
  | "close_idle"
  | "trickle"
  | "garbage"
  | "early_413"
  | "slow";

/** A server on bare sockets that keeps every byte it was sent. */
export interface OddServer {
  readonly program: Program;
  readonly port: number;
  /** Bytes received, all connections one after the other, as latin1. */
  received(): string;
}

/** Starts an odd server in a machine of the lab; resolves when it listens. */
export async function startOddServer(
  lab: Lab,
  host: Host,
  port: number,
  oddity: Oddity,
  delayMs = 0,
): Promise<OddServer> {
  const log = join(lab.dir, `odd-${lab.next()}.bin`);
  const script = join(import.meta.dirname, "odd-server-child.ts");
  const program = host.start(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    script,
    log,
    String(port),
    oddity,
    String(delayMs),
  ]);
  await untilListening(program, host.netnsPath, port);
  return { program, port, received: () => readFileSync(log, "latin1") };
}
