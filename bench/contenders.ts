import { setTimeout as delay } from "node:timers/promises";
import { ADDRESS, type Lab } from "../test/lab/lab.ts";
import { type MirrorSummary, startMirror } from "../test/lab/mirror.ts";
import type { NginxOptions } from "../test/lab/nginx.ts";

export const PORT = 8080;
export const SHADOW = `${ADDRESS.shadow.v4}:${PORT}`;

/** A mirror that is running. */
export interface Running {
  /** Root of its process tree; undefined when it has none of its own. */
  readonly pid: number | undefined;
  stop(): Promise<MirrorSummary | undefined>;
}

/** One way to mirror. */
export interface Contender {
  readonly name: string;
  /** Runs inside the live nginx, so that its CPU is what nginx uses more than without it. */
  readonly insideNginx?: boolean;
  /** What it needs of the live nginx. */
  readonly nginx?: Pick<NginxOptions, "location" | "server" | "http">;
  start(lab: Lab): Promise<Running>;
}

const NOTHING: Running = { pid: undefined, stop: async () => undefined };

/** No mirror at all: what the others are held against. */
export const none: Contender = { name: "no mirror", start: async () => NOTHING };

/** NGINX's own mirror module, with kept-alive connections to the shadow. */
export const nginxMirror: Contender = {
  name: "nginx mirror",
  insideNginx: true,
  nginx: {
    http: `upstream shadow { server ${SHADOW}; keepalive 64; keepalive_requests 1000000000; }`,
    location: "mirror /.mirror; try_files /file =404;",
    server: `location = /.mirror {
      internal;
      proxy_pass http://shadow$request_uri;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Shadow-Request true;
    }`,
  },
  start: async () => NOTHING,
};

/** shadowtap with these flags. */
export function shadowtap(name: string, ...flags: readonly string[]): Contender {
  return {
    name,
    async start(lab) {
      const args = ["--port", String(PORT), "--to", `http://${SHADOW}`, ...flags];
      const mirror = await startMirror(lab, lab.live, args);
      return {
        pid: mirror.program.pid,
        async stop() {
          return (await mirror.stop()).summary;
        },
      };
    },
  };
}

/** Any other mirror: `NAME=COMMAND`, where {PORT} and {SHADOW} (host:port) stand for what it needs to know. */
export function peer(text: string): Contender {
  const at = text.indexOf("=");
  if (at < 1) throw new Error(`--peer wants NAME=COMMAND, not ${text}`);
  const command = text
    .slice(at + 1)
    .replaceAll("{PORT}", String(PORT))
    .replaceAll("{SHADOW}", SHADOW);
  return {
    name: text.slice(0, at),
    async start(lab) {
      const program = lab.live.start("sh", ["-c", command], { group: true });
      // Nothing tells when a stranger is ready.
      await delay(1_500);
      if (program.exit() !== undefined) throw new Error(`${text} ended: ${program.stderr()}`);
      return {
        pid: program.pid,
        async stop() {
          await program.stop("SIGINT", 3_000);
          return undefined;
        },
      };
    },
  };
}
