import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A user of this machine, with the primary group. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** The user of that name or number; undefined when nobody here knows it. */
export function findUser(nameOrNumber: string): SystemUser | undefined {
  const field = /^\d+$/.test(nameOrNumber) ? 2 : 0;
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const fields = line.split(":");
    if (fields[field] === nameOrNumber) return userOf(fields);
  }
  // Users of a directory service are not in the file.
  const { stdout } = spawnSync("getent", ["passwd", nameOrNumber], { encoding: "utf8" });
  return userOf((stdout ?? "").trim().split(":"));
}

function userOf([, , uid = "", gid = ""]: readonly string[]): SystemUser | undefined {
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
  return { uid: Number(uid), gid: Number(gid) };
}
