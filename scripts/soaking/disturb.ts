import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host, Lab } from "../../test/lab/lab.ts";
import { type Nginx, startNginx } from "../../test/lab/nginx.ts";
import type { Disturbance } from "./history.ts";

/** What happens to a run while it mirrors. */
export interface Disturber {
  /** Changes the rules and asks the run to read them. */
  reload(): Promise<void>;
  /** Ends the shadow in the middle of its work, and starts it again. */
  restart(): Promise<void>;
  /** Takes the target out for so long, by the admin socket. */
  pause(downMs: number): Promise<void>;
  readonly done: readonly Disturbance[];
}

export interface DisturbedRun {
  readonly lab: Lab;
  readonly host: Host;
  readonly rulesFile: string;
  readonly adminSocket: string;
  readonly target: string;
  readonly shadow: { readonly port: number; readonly location: string };
  /** Time since the run began. */
  elapsedMs(): number;
}

const SHADOWTAP = join(import.meta.dirname, "../shadowtap");
const DOWN_MS = 300;
/** Longer than a command waits for its answer itself. */
const ASK_TIMEOUT_MS = 90_000;

/** Two sets of rules that select the same requests in different ways. JSON is YAML. */
export function writeRules(file: string, port: number, target: string, set: number): void {
  const common = { from: { ports: [port] }, allowMethods: "all", to: { url: target } };
  const byHeader = { match: { headers: [{ name: "x-kind", value: "PUT" }] }, percent: 50 };
  const byPath = { match: { path: { value: "/up" } }, percent: 75 };
  const document = {
    apiVersion: "shadowtap.dev/v1alpha1",
    kind: "MirrorConfig",
    mirrors: [
      { name: "uploads", ...common, ...(set % 2 === 0 ? byHeader : byPath) },
      { name: "all", ...common },
    ],
  };
  writeFileSync(`${file}.new`, JSON.stringify(document));
  // As a whole, as editors do.
  renameSync(`${file}.new`, file);
}

/** Starts the shadow: it takes uploads, so that bodies are read to their ends. */
export function startShadow({ lab, shadow }: Pick<DisturbedRun, "lab" | "shadow">) {
  return startNginx(lab, lab.shadow, { port: shadow.port, log: false, server: shadow.location });
}

export function createDisturber(run: DisturbedRun, firstShadow: Nginx, port: number): Disturber {
  const done: Disturbance[] = [];
  let shadow = firstShadow;
  let set = 0;

  async function record(kind: Disturbance["kind"], work: () => Promise<string | undefined>) {
    const atMs = run.elapsedMs();
    done.push({ atMs, kind, fault: await work() });
  }

  async function ask(...args: readonly string[]): Promise<string | undefined> {
    const words = [...args, "--admin-socket", run.adminSocket];
    const { code, signal, stderr } = await run.host.run(SHADOWTAP, words, ASK_TIMEOUT_MS);
    return code === 0 ? undefined : `it ended with ${code ?? signal}. ${stderr.trim()}`;
  }

  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  return {
    done,
    reload: () =>
      record("reload", () => {
        set += 1;
        writeRules(run.rulesFile, port, run.target, set);
        return ask("reload");
      }),
    restart: () =>
      record("restart", async () => {
        await shadow.program.stop("SIGTERM");
        await wait(DOWN_MS);
        shadow = await startShadow(run);
        return undefined;
      }),
    pause: (downMs) =>
      record("pause", async () => {
        const pauseFault = await ask("target", "pause", run.target);
        await wait(downMs);
        const resumeFault = await ask("target", "resume", run.target);
        return pauseFault ?? resumeFault;
      }),
  };
}

/** A directory that nginx's workers may write uploads to, as part of a server's configuration. */
export function uploads(lab: Lab, make: (path: string) => void): string {
  const dir = join(lab.dir, `uploads-${lab.next()}`);
  make(dir);
  return `location /up/ { root ${dir}; dav_methods PUT; create_full_put_path on; }`;
}
