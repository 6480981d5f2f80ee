import { once } from "node:events";
import { join } from "node:path";
import { ADDRESS, type Host, type Lab } from "../lab/lab.ts";
import { untilListening } from "../lab/wait.ts";

/** The port of the service that shadowtap mirrors. */
export const LIVE_PORT = 8080;
/** The control's: the same process, never mirrored. */
const CONTROL_PORT = 8081;

export interface LoadOrder {
  readonly address: string;
  readonly mirroredPort: number;
  readonly controlPort: number;
  /** Of each side. */
  readonly connections: number;
  readonly pairsPerSecond: number;
}

export interface SideReport {
  readonly requests: number;
  readonly failures: readonly string[];
  /** Over every byte of every answer, in order of the requests. */
  readonly digest: string;
  readonly p99Ms: number;
}

export interface LoadReport {
  readonly mirrored: SideReport;
  readonly control: SideReport;
}

export interface LiveLoad {
  /** Lets what is under way finish. */
  stop(): Promise<LoadReport>;
}

function startNode(host: Host, script: string, args: readonly string[], ipc: boolean) {
  const path = join(import.meta.dirname, script);
  const flags = ["--disable-warning=ExperimentalWarning", path, ...args];
  return host.start(process.execPath, flags, { ipc });
}

/** Starts the service that is mirrored, with its control beside it. */
export async function startLiveService(lab: Lab): Promise<void> {
  const ports = [LIVE_PORT, CONTROL_PORT];
  const program = startNode(lab.live, "live-service-child.ts", ports.map(String), false);
  for (const port of ports) await untilListening(program, lab.live.netnsPath, port);
}

/**
 * Sends every request twice, to the mirrored port and to the control, one right after the other and in turn the one or the other
 * first: a machine that stalls stalls both, and what is left between them is our doing.
 */
export function startLiveLoad(lab: Lab, pairsPerSecond = 150): LiveLoad {
  const order: LoadOrder = {
    address: ADDRESS.live.v4,
    mirroredPort: LIVE_PORT,
    controlPort: CONTROL_PORT,
    connections: 16,
    pairsPerSecond,
  };
  const program = startNode(lab.client, "live-load-child.ts", [JSON.stringify(order)], true);
  return {
    async stop() {
      const told = once(program.child, "message");
      program.child.send({ kind: "stop" });
      const ended = program.exited.then(() => {
        throw new Error(`the load generator ended: ${program.stderr()}`);
      });
      const [report] = (await Promise.race([told, ended])) as [LoadReport];
      return report;
    },
  };
}
