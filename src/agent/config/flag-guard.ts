import { resolve } from "node:path";
import { quoted, usage } from "../flag-values.ts";
import { isUnprivilegedUser, readAllowedTarget, readTtl } from "./guard-values.ts";
import { given, list, type RawFlags, text, WORDS } from "./raw-flags.ts";
import type { GuardDocument } from "./schema.ts";

/** Flags of the guard, as they would be written in a rules file; refused with what to write instead. */

/** `--allow-target`: a network, an address, a host, or all hosts below a domain. */
function parseAllowedTarget(value: string): string {
  const reading = readAllowedTarget(value);
  if (reading.kind === "host_bits")
    throw usage(
      `--allow-target ${quoted(value)} has bits set behind its prefix.`,
      `Write --allow-target ${reading.meant} for the network that it is in, or the address alone.`,
    );
  if (reading.kind === "invalid")
    throw usage(
      `--allow-target ${quoted(value)} is neither a network nor a host.`,
      "Write --allow-target 10.0.0.0/8, --allow-target shadow.internal, or --allow-target '*.svc.cluster.local' for all hosts below it.",
    );
  return value;
}

function parseTtl(value: string): string {
  if (readTtl(value) === undefined)
    throw usage(
      `--ttl ${quoted(value)} is neither a duration from 1ms to 8760h nor none.`,
      /^\d+(\.\d+)?$/.test(value)
        ? `Write the unit: --ttl ${value}h for hours.`
        : "Write --ttl 8h, or --ttl none for a run without an end.",
    );
  return value;
}

function parseRunAs(value: string): string {
  if (!isUnprivilegedUser(value))
    throw usage(
      `--user ${quoted(value)} is not an unprivileged user.`,
      "Write the name or the number of a user who owns nothing, such as --user nobody: these processes read what clients send.",
    );
  return value;
}

function parseStopFile(value: string): string {
  if (value === "")
    throw usage("--stop-file needs a path.", "Write --stop-file /run/shadowtap.stop, for example.");
  return resolve(value);
}

/** `--allow-target`, `--ttl`, `--stop-file` and `--user`, as far as they are given. Throws ST_USAGE. */
export function parseGuardFlags(flags: RawFlags): GuardDocument {
  const allowTargets = list(flags, "allow-target", WORDS).map(parseAllowedTarget);
  return {
    ...(allowTargets.length === 0 ? {} : { allowTargets }),
    ...given("ttl", text(flags, "ttl"), parseTtl),
    ...given("stopFile", text(flags, "stop-file"), parseStopFile),
    ...given("user", text(flags, "user"), parseRunAs),
  };
}
