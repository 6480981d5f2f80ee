import { seen } from "../../src/model/ledger.ts";
import { faults, type MirrorResult } from "../lab/mirror.ts";
import type { Exit } from "../lab/process.ts";
import type { Fault } from "./fault.ts";
import type { LoadReport } from "./live-load.ts";
import type { ProcessWatch } from "./process-watch.ts";

/** Keeper and payload process together, with the pages of the ring that both have mapped. */
const MOST_MEMORY_BYTES = 400 * 1024 * 1024;
/** What the mirrored port may differ from the control at the 99th percentile: either bound will do. */
const P99 = { ratio: 2, floorMs: 10 };
/** Of one core, while the load is some hundred requests a second: whoever spins takes a whole one, from both ports. */
const MOST_CPU = 0.5;

/** What was noticed of one fault. */
export interface Verdict {
  readonly requests: number;
  readonly live: "identical" | "differ";
  readonly p99Ms: number;
  readonly controlP99Ms: number;
  readonly ledger: "balances" | "none" | "does not balance";
  /** Of one core. */
  readonly cpuShare: number;
  readonly peakBytes: number;
  readonly left: number;
  /** What is not as it should be, as sentences. */
  readonly problems: readonly string[];
}

interface Evidence {
  readonly fault: Fault;
  readonly otherRequests: number;
  readonly load: LoadReport;
  readonly exit: Exit;
  readonly result: MirrorResult | undefined;
  readonly watch: ProcessWatch;
  readonly left: readonly string[];
  readonly stderr: string;
}

export function judge(evidence: Evidence): Verdict {
  const { load, result, watch, left } = evidence;
  const { mirrored, control } = load;
  const live = liveProblems(evidence);
  const ledger = ledgerProblems(evidence);
  const problems = [...live, ...paceProblems(evidence), ...ledger, ...endProblems(evidence)];
  if (watch.peakBytes > MOST_MEMORY_BYTES)
    problems.push(`It held ${Math.round(watch.peakBytes / 1e6)} MB.`);
  if (watch.objects.size === 0) problems.push("No eBPF object of it was ever seen.");
  if (left.length > 0) problems.push(`Left behind: ${left.join(", ")}.`);
  return {
    requests: mirrored.requests,
    live: live.length === 0 ? "identical" : "differ",
    p99Ms: mirrored.p99Ms,
    controlP99Ms: control.p99Ms,
    ledger: ledger.length > 0 ? "does not balance" : result === undefined ? "none" : "balances",
    cpuShare: watch.cpuShare,
    peakBytes: watch.peakBytes,
    left: left.length,
    problems,
  };
}

function liveProblems({ load: { mirrored, control } }: Evidence): string[] {
  const problems: string[] = [];
  if (mirrored.requests === 0) problems.push("There was no load.");
  for (const [name, side] of Object.entries({ mirrored, control }))
    if (side.failures.length > 0)
      problems.push(`${side.failures.length} requests failed (${name}): ${side.failures[0]}.`);
  if (mirrored.requests !== control.requests || mirrored.digest !== control.digest)
    problems.push("The answers differ from the control's.");
  return problems;
}

function isWithin(valueMs: number, controlMs: number): boolean {
  return valueMs <= controlMs * P99.ratio || valueMs <= controlMs + P99.floorMs;
}

function paceProblems({ load: { mirrored, control }, watch }: Evidence): string[] {
  const problems: string[] = [];
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  if (!isWithin(mirrored.p99Ms, control.p99Ms))
    problems.push(`p99 is ${ms(mirrored.p99Ms)}, the control's ${ms(control.p99Ms)}.`);
  if (watch.cpuShare > MOST_CPU)
    problems.push(`It used ${(watch.cpuShare * 100).toFixed(0)} % of a core.`);
  return problems;
}

function ledgerProblems({ fault, load, otherRequests, result }: Evidence): string[] {
  if (result === undefined) return [];
  const { summary } = result;
  const problems = [...faults(summary)];
  const { capture } = summary.ledger;
  const sent = load.mirrored.requests + otherRequests;
  const difference = Math.abs(seen(capture) - sent);
  if (fault.expect.ledger === "whole" && difference > capture.estimated)
    problems.push(`Seen ${seen(capture)} of ${sent} requests: ${JSON.stringify(capture)}`);
  return problems;
}

function endProblems({ fault, exit, stderr }: Evidence): string[] {
  if (exit.code === fault.expect.code) return [];
  return [`It ended with ${exit.code ?? exit.signal}, not ${fault.expect.code}:\n${stderr}`];
}
