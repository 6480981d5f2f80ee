import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Host, Lab } from "../lab/lab.ts";
import { finish, kill, type Program, start } from "../lab/process.ts";

/** A machine beside the lab's, connected to nothing. */
export interface ExtraNamespace {
  readonly host: Host;
  /** Ends everything in it and deletes it; once more does nothing. */
  remove(): void;
}

/** Its name begins with the lab's, so that what a killed run leaves behind is found by the next. */
export function createExtraNamespace(lab: Lab): ExtraNamespace {
  const netns = lab.live.netns.replace(/live$/, "extra");
  const netnsPath = join("/run/netns", netns);
  execFileSync("ip", ["netns", "add", netns]);
  execFileSync("ip", ["-n", netns, "link", "set", "lo", "up"]);
  const host: Host = {
    netns,
    netnsPath,
    start: (command, args, options): Program =>
      start("nsenter", [`--net=${netnsPath}`, "--", command, ...args], options),
    run: (command, args, timeoutMs = 30_000) => finish(host.start(command, args), timeoutMs),
  };
  return {
    host,
    remove() {
      const { stdout } = spawnSync("ip", ["netns", "pids", netns], { encoding: "utf8" });
      for (const pid of (stdout ?? "").split("\n").filter(Boolean)) kill(Number(pid), "SIGKILL");
      spawnSync("ip", ["netns", "del", netns]);
    },
  };
}
