import { join } from "node:path";
import type { Host, Lab } from "./lab.ts";
import type { Program } from "./process.ts";
import { untilListening } from "./wait.ts";

/** A server that writes every request down as a whole: request line, all header lines, and the body without its chunks. */
export interface WholeLogServer {
  readonly program: Program;
  readonly port: number;
  readonly log: string;
}

/** Starts one in a machine of the lab; resolves when it listens. */
export async function startWholeLogServer(
  lab: Lab,
  host: Host,
  port: number,
): Promise<WholeLogServer> {
  const log = join(lab.dir, `whole-${lab.next()}.log`);
  const script = join(import.meta.dirname, "whole-log-server-child.ts");
  const args = ["--disable-warning=ExperimentalWarning", script, `${port}`, log];
  const program = host.start(process.execPath, args);
  await untilListening(program, host.netnsPath, port);
  return { program, port, log };
}
