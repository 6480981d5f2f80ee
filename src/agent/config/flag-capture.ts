import { resolve } from "node:path";
import { HOOK_CHOICES } from "../../model/run-config.ts";
import {
  parseChoice,
  parseInteger,
  parseInterface,
  parsePercent,
  parseSize,
  usage,
} from "../flag-values.ts";
import type { Overrides } from "./defaults.ts";
import { parseGuardFlags } from "./flag-guard.ts";
import { LIMITS } from "./limits.ts";
import { given, list, type RawFlags, text, WORDS } from "./raw-flags.ts";
import type { CaptureDocument } from "./schema.ts";

/** What every flag that may win over a rules file is called there. */
export const OVERRIDE_PATHS: Readonly<Record<string, readonly [string, string]>> = {
  hook: ["capture", "hook"],
  iface: ["capture", "interfaces"],
  direction: ["capture", "direction"],
  netns: ["capture", "netns"],
  cgroup: ["capture", "cgroup"],
  container: ["capture", "container"],
  "all-namespaces": ["capture", "allNamespaces"],
  workers: ["capture", "workers"],
  "ring-size": ["capture", "ringSize"],
  "max-cpu": ["limits", "maxCpu"],
  "max-memory": ["limits", "maxMemory"],
  "allow-target": ["guard", "allowTargets"],
  ttl: ["guard", "ttl"],
  "stop-file": ["guard", "stopFile"],
  user: ["guard", "user"],
  "redact-key": ["redaction", "keyFile"],
};

const DIRECTIONS = ["in", "out"] as const;

function scope(flags: RawFlags): CaptureDocument {
  const scopes: { flag: string; scope: CaptureDocument }[] = [];
  for (const name of ["cgroup", "container", "netns"] as const) {
    const value = text(flags, name);
    if (value !== undefined) scopes.push({ flag: `--${name}`, scope: { [name]: value } });
  }
  if (flags["all-namespaces"] === true)
    scopes.push({ flag: "--all-namespaces", scope: { allNamespaces: true } });
  if (scopes.length > 1)
    throw usage(
      `${scopes.map(({ flag }) => flag).join(" and ")} exclude each other.`,
      "Keep one of them: each names the place whose sockets are captured.",
    );
  return scopes[0]?.scope ?? {};
}

/** A path of a rules file begins at the file, one of a flag here. */
function parseKeyFile(value: string): string {
  if (value === "")
    throw usage(
      "--redact-key needs a path.",
      "Write --redact-key /etc/shadowtap/key, for example.",
    );
  return resolve(value);
}

/** Flags of capture, limits and guard, and the key, as far as they are given. Throws ST_USAGE. */
export function parseOverrides(flags: RawFlags): Overrides {
  const hook = given("hook", text(flags, "hook"), (value) =>
    parseChoice("--hook", value, HOOK_CHOICES),
  );
  const interfaces = [...new Set(list(flags, "iface", WORDS).map(parseInterface))];
  if (interfaces.length > 0 && hook.hook === "cgroup")
    throw usage(
      "--iface has no meaning for --hook cgroup.",
      "Leave --iface out: this hook sees every interface.",
      "Use --hook tc to capture at single interfaces.",
    );
  const capture: CaptureDocument = {
    ...hook,
    ...(interfaces.length > 0 ? { interfaces } : {}),
    ...given("direction", text(flags, "direction"), (value) =>
      parseChoice("--direction", value, DIRECTIONS),
    ),
    ...scope(flags),
    ...given("workers", text(flags, "workers"), (value) =>
      parseInteger("--workers", value, ...LIMITS.workers),
    ),
    ...given("ringSize", text(flags, "ring-size"), (value) => {
      parseSize("--ring-size", value, ...LIMITS.ringBytes);
      return value;
    }),
  };
  const limits = {
    ...given("maxCpu", text(flags, "max-cpu"), (value) =>
      parsePercent("--max-cpu", value, ...LIMITS.cpuPercent),
    ),
    ...given("maxMemory", text(flags, "max-memory"), (value) => {
      parseSize("--max-memory", value, ...LIMITS.memoryBytes);
      return value;
    }),
  };
  const redaction = given("keyFile", text(flags, "redact-key"), parseKeyFile);
  return { capture, limits, guard: parseGuardFlags(flags), redaction };
}
