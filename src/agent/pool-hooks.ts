import type { StopCause } from "../model/audit.ts";
import type { RampStatus } from "../model/status.ts";
import { formatPercent } from "../report/quantity.ts";
import type { AuditTrail } from "./audit/trail.ts";
import type { LiveRules } from "./live-rules.ts";
import type { LiveTargets } from "./live-targets.ts";
import type { PayloadReport } from "./messages.ts";
import { noticeText } from "./notices.ts";
import type { PayloadPoolHooks } from "./payload-pool.ts";
import type { TargetRegistry } from "./target-registry.ts";
import { leastDelivered } from "./watch-run.ts";

/** What the keeper does about what its payload processes tell. */
export interface Keeper {
  say(line: string): void;
  /** Ends the run. */
  ask(cause: StopCause): void;
  readonly rules: LiveRules;
  readonly targets: LiveTargets;
  readonly registry: TargetRegistry;
  readonly audit: Pick<AuditTrail, "change">;
}

/** `keeper` is asked for late: it is made of the pool that these are for. */
export function createPoolHooks(keeper: () => Keeper): PayloadPoolHooks {
  const said = new Set<string>();
  const nameOf = (index: number) => keeper().registry.targets[index]?.name ?? "";
  const onShare = (rule: string, share: number, { reason, state }: RampStatus) => {
    const why = state === "held_back" && reason !== undefined ? ` ${reason}` : "";
    keeper().audit.change(
      { kind: "ramp" },
      { what: "share", rule, share, reason: why === "" ? null : why.trim() },
    );
    keeper().say(`Rule ${rule} is at ${formatPercent(share)} now.${why}`);
  };
  return {
    onNotice(notice, server) {
      const line = noticeText(notice, server);
      if (!said.has(line)) keeper().say(line);
      said.add(line);
    },
    onTargetState(index, state, reason) {
      keeper().targets.noteState(index, state);
      keeper().say(`Target ${nameOf(index)}: ${state}${reason ? ` (${reason})` : ""}.`);
    },
    onResolved: (index, addresses) => keeper().targets.admit(index, addresses),
    onStdoutClosed: () => keeper().ask({ kind: "stdout_closed" }),
    onReport(reports) {
      const { rules, ask } = keeper();
      rules.observe(reports, onShare);
      const { count } = rules.set.rules[0] ?? {};
      if (count !== undefined && isEnough(reports, count)) ask({ kind: "count" });
    },
  };
}

/** `--count` is of the one rule that flags make. */
function isEnough(reports: readonly PayloadReport[], count: number): boolean {
  return reports.reduce((sum, report) => sum + leastDelivered(report.targets), 0) >= count;
}
