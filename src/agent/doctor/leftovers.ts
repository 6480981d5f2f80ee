import type { Check } from "../../model/diagnosis.ts";
import { effectiveCapabilities, missingCapabilities } from "../capabilities.ts";
import { findAllLeftovers } from "../leftovers.ts";

export function checkLeftovers(): Check[] {
  const base = { category: "leftovers", name: "of earlier runs" };
  if (missingCapabilities(effectiveCapabilities()).length > 0)
    return [{ ...base, result: "unknown", detail: "Needs the capabilities above." }];
  const leftovers = findAllLeftovers();
  if (leftovers.length === 0) return [{ ...base, result: "ok", detail: "None." }];
  return [
    {
      ...base,
      result: "warning",
      detail: `${leftovers.map(({ description }) => description).join(", ")}: inert.`,
      hint: "Remove them: `shadowtap doctor --clean`.",
    },
  ];
}
