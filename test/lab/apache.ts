import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LoggedRequest, readAccessLog } from "./access-log.ts";
import type { Host, Lab } from "./lab.ts";
import type { Program } from "./process.ts";
import { untilListening } from "./wait.ts";

/** A running Apache, which uses TCP_DEFER_ACCEPT by default: the first segment arrives before accept. */
export interface Apache {
  readonly program: Program;
  readonly port: number;
  /** Ends it gracefully, so that the log is complete, and reads the log. */
  stopAndRead(): Promise<LoggedRequest[]>;
}

const MODULES = ["mpm_event", "authz_core", "alias"];

function configuration(dir: string, port: number): string {
  return `
ServerRoot ${dir}
ServerName lab
PidFile ${dir}/apache.pid
DefaultRuntimeDir ${dir}
User www-data
Group www-data
${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
Listen 0.0.0.0:${port}
Listen [::]:${port}
StartServers 1
ServerLimit 2
ThreadsPerChild 25
MaxRequestWorkers 50
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
ErrorLog ${dir}/error.log
LogFormat "%m\\t%U%q\\t%{X-Shadow-Request}i\\t%{Content-Length}i\\t%>s" truth
CustomLog ${dir}/access.log truth
DocumentRoot ${dir}/www
AliasMatch "^/" "${dir}/www/file"
<Directory ${dir}/www>
  Require all granted
</Directory>
`;
}

/** Starts Apache in a machine of the lab; resolves when it listens. */
export async function startApache(lab: Lab, host: Host, port: number): Promise<Apache> {
  const dir = join(lab.dir, `apache-${lab.next()}`);
  mkdirSync(join(dir, "www"), { recursive: true });
  writeFileSync(join(dir, "www/file"), "x".repeat(1024));
  writeFileSync(join(dir, "apache.conf"), configuration(dir, port));
  const args = ["-f", join(dir, "apache.conf"), "-DFOREGROUND", "-E", join(dir, "start.log")];
  const program = host.start("apache2", args);
  await untilListening(program, host.netnsPath, port);
  return {
    program,
    port,
    async stopAndRead() {
      // WINCH is Apache's graceful stop.
      await program.stop("SIGWINCH", 3_000);
      return readAccessLog(join(dir, "access.log"));
    },
  };
}
