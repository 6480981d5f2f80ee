import { mkdirSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { type LoggedRequest, readAccessLog } from "./access-log.ts";
import type { Host, Lab } from "./lab.ts";
import type { Program } from "./process.ts";
import { untilListening } from "./wait.ts";

/** A running nginx: root master, www-data worker, dual stack, nothing shared with an installed one. */
export interface Nginx {
  readonly program: Program;
  readonly port: number;
  /** Requests since it started, by nginx's own counter, these calls left out. */
  count(): Promise<number>;
  /** Ends it gracefully, so that the log is complete, and reads the log. */
  stopAndRead(): Promise<LoggedRequest[]>;
}

export interface NginxOptions {
  readonly port: number;
  /** `listen … deferred`: the listener's accept waits for data, so the first segment has no connection's socket. */
  readonly deferred?: boolean;
  /** Content of `location /`; a 1 KiB file for every path unless told. */
  readonly location?: string;
  /** More of the server block. */
  readonly server?: string;
  /** More of the http block. */
  readonly http?: string;
  /** False for load tests, where the counter is enough. */
  readonly log?: boolean;
  readonly workers?: number;
  /** Whom the workers belong to; www-data unless told. */
  readonly user?: string;
  /** Serves TLS with this certificate and key. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

function configuration(dir: string, options: NginxOptions): string {
  const flags = `${options.tls === undefined ? "" : " ssl"} backlog=4096${options.deferred === true ? " deferred" : ""}`;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const tls = options.tls;
  return `
daemon off;
user ${options.user ?? "www-data"};
worker_processes ${options.workers ?? 1};
pid ${dir}/nginx.pid;
error_log ${dir}/error.log warn;
events { worker_connections 8192; }
http {
  ${temporary.map((kind) => `${kind}_temp_path ${dir}/${kind};`).join("\n  ")}
  log_format truth "$request_method\\t$request_uri\\t$http_x_shadow_request\\t$http_content_length\\t$status";
  access_log ${options.log === false ? "off" : `${dir}/access.log truth`};
  default_type text/plain;
  client_max_body_size 0;
  client_header_buffer_size 16k;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  ${options.http ?? ""}
  server {
    listen ${options.port}${flags};
    listen [::]:${options.port} ipv6only=on${flags};
    ${tls === undefined ? "" : `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};`}
    root ${dir}/www;
    ${options.server ?? ""}
    location / { ${options.location ?? "try_files /file =404;"} }
  }
  server {
    listen unix:${dir}/status.sock;
    access_log off;
    location / { stub_status; }
  }
}
`;
}

function readCounter(socketPath: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path: "/", headers: { connection: "close" } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve(Number(/^ \d+ \d+ (\d+)/m.exec(text)?.[1])));
    }).on("error", reject);
  });
}

/** Starts nginx in a machine of the lab; resolves when it listens. */
export async function startNginx(lab: Lab, host: Host, options: NginxOptions): Promise<Nginx> {
  const dir = join(lab.dir, `nginx-${lab.next()}`);
  mkdirSync(join(dir, "www"), { recursive: true });
  writeFileSync(join(dir, "www/file"), "x".repeat(1024));
  writeFileSync(join(dir, "nginx.conf"), configuration(dir, options));
  const errors = join(dir, "error.log");
  const args = ["-p", dir, "-c", join(dir, "nginx.conf"), "-e", errors];
  const program = host.start("nginx", args);
  await untilListening(program, host.netnsPath, options.port);
  let ownRequests = 0;
  return {
    program,
    port: options.port,
    async count() {
      ownRequests += 1;
      return (await readCounter(join(dir, "status.sock"))) - ownRequests;
    },
    async stopAndRead() {
      await program.stop("SIGQUIT", 3_000);
      return readAccessLog(join(dir, "access.log"));
    },
  };
}
