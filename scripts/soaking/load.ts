import { once } from "node:events";
import { join } from "node:path";
import type { Host } from "../../test/lab/lab.ts";
import type { LoadReport } from "./history.ts";

/** The client of a soak. It rests until it is told to run. */
export interface Load {
  run(): void;
  /** Lets what is under way come to its end; resolves with what was counted since the rest before. */
  rest(): Promise<LoadReport>;
  /** Ends it, and its connections. */
  stop(): Promise<unknown>;
}

/** Starts the load generator in the client's machine; the lab ends it. */
export function startLoad(host: Host, url: string): Load {
  const script = join(import.meta.dirname, "load-child.ts");
  const args = ["--disable-warning=ExperimentalWarning", script, url];
  const { child, exited, stderr, stop } = host.start(process.execPath, args, { ipc: true });
  const over = exited.then(() => {
    throw new Error(`the load generator ended: ${stderr()}`);
  });
  over.catch(() => undefined);
  return {
    run: () => {
      child.send("run");
    },
    async rest() {
      const answer = once(child, "message");
      child.send("rest");
      const [report] = await Promise.race([answer, over]);
      return report as LoadReport;
    },
    stop: () => stop("SIGKILL"),
  };
}
