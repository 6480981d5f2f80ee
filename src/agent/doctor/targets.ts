import type { Check } from "../../model/diagnosis.ts";
import { ShadowtapError } from "../../model/errors.ts";
import type { Target } from "../../model/target.ts";
import { reachTarget, resolveTarget } from "../target-check.ts";

export function checkTargets(targets: readonly Target[]): Promise<Check[]> {
  return Promise.all(targets.map(checkTarget));
}

async function checkTarget(target: Target): Promise<Check> {
  const base = { category: "targets", name: target.name };
  try {
    // Which authority a run will trust is not known here.
    const trusting = { ...target, options: { ...target.options, insecure: true } };
    const resolved = await resolveTarget(trusting);
    await reachTarget(resolved);
    return { ...base, result: "ok", detail: `Reachable at ${resolved.addresses.join(", ")}.` };
  } catch (error) {
    if (!(error instanceof ShadowtapError)) throw error;
    const hint = error.hints[0];
    return {
      ...base,
      result: "error",
      detail: error.message,
      ...(hint === undefined ? {} : { hint }),
    };
  }
}
