import { join } from "node:path";
import type { Host, Lab } from "./lab.ts";
import type { Program } from "./process.ts";
import { untilListening } from "./wait.ts";
import { wholeLines } from "./whole-lines.ts";

/** One request as Node's own parser read it. */
interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly bodyBytes: number;
  readonly bodySha256: string;
  /** False when the connection ended before the body did. */
  readonly complete: boolean;
}

/** A server that reads every body to its end and remembers its digest. */
export interface BodyServer {
  readonly program: Program;
  readonly port: number;
  /** Requests whose body is over, in order of their ends. A request is listed before it is answered. */
  requests(): ReceivedRequest[];
}

export interface BodyServerOptions {
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Answers as soon as it has the head, and reads the body after that. */
  readonly answerEarly?: boolean;
}

/** Starts a body server in a machine of the lab; resolves when it listens. */
export async function startBodyServer(
  lab: Lab,
  host: Host,
  options: BodyServerOptions,
): Promise<BodyServer> {
  const log = join(lab.dir, `bodies-${lab.next()}.jsonl`);
  const script = join(import.meta.dirname, "body-server-child.ts");
  const program = host.start(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    script,
    JSON.stringify({ log, ...options }),
  ]);
  await untilListening(program, host.netnsPath, options.port);
  return {
    program,
    port: options.port,
    requests: () => wholeLines(log).map((line) => JSON.parse(line) as ReceivedRequest),
  };
}
