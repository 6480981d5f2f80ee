import type { AllowedTarget, GuardConfig } from "../../model/run-config.ts";
import { readAllowedTarget, readTtl } from "./guard-values.ts";
import type { GuardDocument } from "./schema.ts";

/** From what a rules file says about the guard to what holds for the run. Documents come here checked. */

function buildAllowed(text: string): AllowedTarget {
  const reading = readAllowedTarget(text);
  if (reading.kind === "host_bits" || reading.kind === "invalid")
    throw new TypeError(`Not checked before: ${text}`);
  return reading;
}

export function buildGuard({ allowTargets, ttl, stopFile, user }: GuardDocument): GuardConfig {
  const ttlMs = ttl === undefined ? "never" : readTtl(String(ttl));
  if (ttlMs === undefined) throw new TypeError(`Not checked before: ${ttl}`);
  return {
    allowTargets: allowTargets && [...new Set(allowTargets)].map(buildAllowed),
    ttlMs: ttlMs === "never" ? undefined : ttlMs,
    stopFile,
    user: user === undefined ? undefined : String(user),
  };
}
