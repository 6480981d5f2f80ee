import type { Check, Diagnosis } from "../model/diagnosis.ts";
import { checkHooks } from "./doctor/hooks.ts";
import { checkKernel } from "./doctor/kernel.ts";
import { checkLeftovers } from "./doctor/leftovers.ts";
import { checkPriority } from "./doctor/priority.ts";
import { checkRuntime } from "./doctor/runtime.ts";
import { checkTargets } from "./doctor/targets.ts";
import type { DoctorOptions } from "./options.ts";

/** Looks at everything that mirroring needs. Changes nothing; what may not be looked at is `unknown`, never an error. */
export async function diagnose(options: DoctorOptions): Promise<Diagnosis> {
  const checks: Check[] = [
    ...checkKernel(),
    ...checkRuntime(),
    ...(await checkHooks()),
    ...checkPriority(),
    ...checkLeftovers(),
    ...(await checkTargets(options.targets)),
  ];
  return { checks };
}
