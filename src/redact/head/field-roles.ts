import type { CompiledRules } from "../policy/compile.ts";
import { createNameTable, type NameTable } from "./name-table.ts";
import { SENSITIVE_HEADERS } from "./sensitive-names.ts";

/**
 * What a field is to redaction. `look`: it is rewritten by a rule or the preset. `type`, `encoding`: they say how the body is read.
 * `framing`: they say how long it is. `trailer`: it names fields behind the body. `integrity`: it holds for one body only.
 */
export type FieldRole = "look" | "type" | "encoding" | "framing" | "trailer" | "integrity";

const ROLES: readonly (readonly [string, FieldRole])[] = [
  ["content-type", "type"],
  ["content-encoding", "encoding"],
  ["content-length", "framing"],
  ["transfer-encoding", "framing"],
  ["trailer", "trailer"],
  ["content-md5", "integrity"],
  ["digest", "integrity"],
  ["content-digest", "integrity"],
  ["repr-digest", "integrity"],
];

/** Fields without a role stay, unless detectors look at all of them. */
export function createFieldRoles(rules: CompiledRules, hasPreset: boolean): NameTable<FieldRole> {
  const roles = new Map<string, FieldRole>();
  if (hasPreset) for (const name of SENSITIVE_HEADERS.keys()) roles.set(name, "look");
  if (rules.cookies.size > 0) roles.set("cookie", "look");
  for (const name of rules.headers.keys()) roles.set(name, "look");
  for (const [name, role] of ROLES) roles.set(name, role);
  return createNameTable(roles);
}
