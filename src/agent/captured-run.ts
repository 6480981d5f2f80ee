import { type Capture, loadCapture } from "../capture/capture.ts";
import { type HookPlan, planHook } from "../capture/hook-plan.ts";
import { findLeftovers } from "../capture/leftovers.ts";
import { localAddresses } from "../capture/local-addresses.ts";
import { type ResolvedScope, resolveScope } from "../capture/scope.ts";
import { ifThere, withinNamespace } from "../kernel/network-namespace.ts";
import type { Cleanup } from "../model/cleanup.ts";
import type { CaptureConfig, RunConfig } from "../model/run-config.ts";
import { effectiveCapabilities, mayScanHeads, requireCapabilities } from "./capabilities.ts";
import { ownerRules } from "./resolve-origin.ts";
import { buildRuleSet } from "./rule-set.ts";
import { createTargetRegistry, type TargetRegistry } from "./target-registry.ts";

/** Where traffic is captured, before anything is attached: what `mirror`, `run` and `plan` have in common. */
export interface CapturedRun {
  readonly scope: ResolvedScope;
  readonly plan: HookPlan;
  readonly capture: Capture;
  readonly registry: TargetRegistry;
  /** Of one ring. */
  readonly ringBytes: number;
  /**
   * Tells the kernel which addresses are this namespace's, where the hook goes by them, and captures on interfaces that have come. Returns
   * those that refused, with the reason.
   */
  refresh(): readonly string[];
}

/** How traffic in scope will be met. Throws where the machine cannot serve the rules. */
export function planCapture(config: RunConfig): { scope: ResolvedScope; plan: HookPlan } {
  const { capture } = config;
  requireCapabilities(capture.hook);
  const scope = resolveScope(capture.scope);
  const { rules } = buildRuleSet(config, 1, createTargetRegistry());
  const plan = planHook({ ...capture, ownerRules: ownerRules(rules) }, scope);
  if (plan.hook === "tc") sweep(plan.namespacePath);
  return { scope, plan };
}

/** Loads the programs; nothing is captured yet. */
export async function loadCapturedRun(
  config: CaptureConfig,
  { scope, plan }: { scope: ResolvedScope; plan: HookPlan },
  cleanup: Cleanup,
): Promise<CapturedRun> {
  const ringBytes = ringBytesOf(config);
  const capture = await loadCapture({
    plan,
    direction: config.direction,
    wantsScan: mayScanHeads(effectiveCapabilities()),
    ringCount: config.workers,
    ringBytes,
  });
  cleanup.defer(() => capture[Symbol.dispose]());
  const refresh = () => {
    if (plan.hook === "cgroup") return [];
    // A namespace that is gone has no traffic, and no addresses that could have changed.
    const addresses = ifThere(plan.namespacePath, localAddresses);
    if (addresses !== undefined) capture.setLocalAddresses(addresses);
    return capture.follow();
  };
  refresh();
  return { scope, plan, capture, registry: createTargetRegistry(), ringBytes, refresh };
}

/** Removes what a killed run has left at the interfaces, before there is more of it. */
function sweep(namespacePath: string): void {
  for (const leftover of withinNamespace(namespacePath, findLeftovers))
    withinNamespace(namespacePath, () => leftover.remove());
}

/** Bytes of one ring: the largest power of two that keeps all of them within the size asked for. */
function ringBytesOf({ ringBytes, workers }: CaptureConfig): number {
  return 2 ** Math.max(12, Math.floor(Math.log2(ringBytes / workers)));
}
