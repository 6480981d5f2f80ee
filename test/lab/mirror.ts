import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CaptureLedger,
  imbalance,
  type RuleLedger,
  type SelectionLedger,
  seen,
  type TargetLedger,
} from "../../src/model/ledger.ts";
import type { Host, Lab } from "./lab.ts";
import type { Exit, Program } from "./process.ts";
import { untilFile } from "./wait.ts";

/** How long a start or an end may take: an emulated machine needs half a minute for what takes a second elsewhere. */
export const PATIENCE_MS = 90_000;

const SHADOWTAP = join(import.meta.dirname, "../../scripts/shadowtap");

interface Quantiles {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

/** What the tests and benchmarks read of `--summary-file`. */
export interface MirrorSummary {
  readonly ring_bytes: number;
  readonly ledger: {
    readonly capture: CaptureLedger & { readonly seen: number };
    readonly selection: SelectionLedger;
    /** All rules together. */
    readonly rule: Pick<RuleLedger, "held_back" | "sampled_out" | "over_budget" | "offered"> &
      Pick<SelectionLedger, "decoded" | "not_matched">;
    readonly rules: readonly (RuleLedger & { readonly name: string })[];
    readonly targets: readonly (TargetLedger & { readonly name: string })[];
    readonly imbalance: readonly string[];
  };
  /** From a request's first byte captured to its copy's first byte sent; null when nothing was sent. */
  readonly delay: Quantiles | null;
  readonly cost: {
    readonly cpu_seconds: { readonly keeper: number; readonly payload: number };
    readonly max_rss_bytes: number;
  };
}

export interface MirrorResult extends Exit {
  readonly summary: MirrorSummary;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `shadowtap mirror`. */
export interface Mirror {
  readonly program: Program;
  /** Ends it as an operator would, with TERM; the summary has everything. */
  stop(): Promise<MirrorResult>;
  /** Waits until it ends by itself (`--count`, `--duration`). */
  finished(): Promise<MirrorResult>;
}

/**
 * Starts `shadowtap mirror` in a machine of the lab; resolves when capture is live. Lines are off unless `-o` is given. `through`:
 * a command that becomes it, such as one that limits it.
 */
export async function startMirror(
  lab: Lab,
  host: Host,
  args: readonly string[],
  command: "mirror" | "run" = "mirror",
  through: readonly string[] = [],
): Promise<Mirror> {
  const id = lab.next();
  const ready = join(lab.dir, `ready-${id}`);
  const given = args.indexOf("--summary-file") + 1;
  const file = (given > 0 && args[given]) || join(lab.dir, `summary-${id}.json`);
  const output = args.includes("-o") ? [] : ["-o", "none"];
  const files = ["--ready-file", ready, ...(given > 0 ? [] : ["--summary-file", file])];
  const [first = SHADOWTAP, ...rest] = [
    ...through,
    SHADOWTAP,
    command,
    ...args,
    ...output,
    ...files,
  ];
  const program = host.start(first, rest);
  await untilFile(ready, program, PATIENCE_MS);
  const result = async (): Promise<MirrorResult> => {
    const exit = await program.exited;
    const stderr = program.stderr();
    if (!existsSync(file))
      throw new Error(`ended with ${exit.code ?? exit.signal} and no summary:\n${stderr}`);
    const summary = JSON.parse(readFileSync(file, "utf8")) as MirrorSummary;
    return { ...exit, summary, stdout: program.stdout(), stderr };
  };
  return {
    program,
    async stop() {
      await program.stop("SIGTERM", PATIENCE_MS);
      return result();
    },
    finished: result,
  };
}

/** Runs `shadowtap` with arguments that it should refuse, or that end by themselves. */
export function runShadowtap(host: Host, args: readonly string[]) {
  return host.run(SHADOWTAP, args, PATIENCE_MS);
}

/** The first target of a summary; there is always one. */
export function firstTarget({ ledger }: MirrorSummary): MirrorSummary["ledger"]["targets"][number] {
  const [target] = ledger.targets;
  if (target === undefined) throw new Error("a summary without targets");
  return target;
}

/** What does not add up in a summary, by its own word and by ours; empty when it balances. */
export function faults({ ledger }: MirrorSummary): readonly string[] {
  const { capture, selection, rules, targets, imbalance: admitted } = ledger;
  const byName = <T extends { readonly name: string }>(all: readonly T[]) =>
    new Map(all.map((one) => [one.name, one]));
  const found = [...admitted, ...imbalance(capture, selection, byName(rules), byName(targets))];
  if (capture.seen !== seen(capture)) found.push(`seen ${capture.seen} is not ${seen(capture)}`);
  return found;
}

/** Mirrors while `work` runs, and returns what the run came to. */
export async function mirrorDuring(
  lab: Lab,
  host: Host,
  args: readonly string[],
  work: (mirror: Mirror) => Promise<unknown>,
): Promise<MirrorResult> {
  const mirror = await startMirror(lab, host, args);
  await work(mirror);
  return mirror.stop();
}
