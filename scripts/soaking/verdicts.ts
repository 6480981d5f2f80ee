import { total } from "../../src/model/ledger.ts";
import type { Checkpoint, History, KernelObjects } from "./history.ts";
import { fitLine, type LineFit } from "./line-fit.ts";

/** What one check came to. `open`: the run was too short to tell. */
export interface Verdict {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "open";
  /** What was found, in a sentence that says enough without the others. */
  readonly sentence: string;
}

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const MAX_WARM_UP_MS = 5 * 60_000;
/** In a shorter time, memory that fills up once cannot be told from memory that grows. */
const MIN_JUDGED_MS = 10 * 60_000;
const MIN_POINTS = 6;
/** V8 takes memory in pages of 256 KiB for each of its spaces: a few more or fewer over a whole run are no growth that could be told. */
const RESOLUTION_BYTES = MIB;
/** More than this within the first minutes is no warming up. */
const MAX_GROWTH_BYTES = 128 * MIB;
/** A payload process gives way to everybody, so single delays may be long on a busy machine. */
const MAX_MEDIAN_LAG_MS = 100;
const MAX_LAG_MS = 5_000;
/** Connections to the shadow come and go with restarts of it; what leaks goes beyond any number. */
const SPARE_FILES = 8;
const MIN_FILE_POINTS = 9;

/** How long from the beginning is left out of slopes: code is compiled, pools and the ring fill up. */
export function warmUpMs({ durationMs }: History): number {
  return Math.min(MAX_WARM_UP_MS, durationMs / 4);
}

/** The smallest resident memory of a process in each interval: what is collected as garbage in between is left out. */
export function floorsOf(
  { samples, checkpoints }: History,
  name: string,
): readonly (readonly [atMs: number, bytes: number])[] {
  let from = 0;
  return checkpoints.flatMap(({ atMs: to }) => {
    const inside = samples.filter(({ atMs }) => atMs >= from && atMs < to);
    from = to;
    const sizes = inside.flatMap(({ processes }) =>
      processes.filter((one) => one.name === name).map(({ rssBytes }) => rssBytes),
    );
    return sizes.length === 0 ? [] : [[to, Math.min(...sizes)] as const];
  });
}

/** The line through those behind the warm-up. */
export function memoryFit(history: History, name: string): LineFit {
  return fitLine(floorsOf(history, name).filter(([atMs]) => atMs >= warmUpMs(history)));
}

/** Names of the processes, in the order in which they were first seen. */
export function processNames({ samples }: History): readonly string[] {
  return [...new Set(samples.flatMap(({ processes }) => processes.map(({ name }) => name)))];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function verdict(name: string, fault: string | undefined, otherwise: string): Verdict {
  return { name, outcome: fault === undefined ? "passed" : "failed", sentence: fault ?? otherwise };
}

function ledgerVerdict({ checkpoints, end }: History): Verdict {
  const all = [...checkpoints, end];
  const fault = all.find(({ imbalance }) => imbalance.length > 0)?.imbalance[0];
  return verdict(
    "Ledger",
    fault === undefined ? undefined : `The ledger does not balance at rest: ${fault}.`,
    `The ledger balances at each of ${checkpoints.length} rest points and in the summary.`,
  );
}

/** Whether all that was served was seen: the count may be off by what was lost, which is perhaps more or fewer than it is counted as. */
export function sawAll({ seen, served, capture }: Pick<Checkpoint, "seen" | "served" | "capture">) {
  return Math.abs(seen - served) <= capture.estimated + total(capture.lost);
}

function seenVerdict({ checkpoints, end }: History): Verdict {
  const wrong = checkpoints.find((one) => !sawAll(one));
  const reasons = nonZero(checkpoints.at(-1)?.capture.lost ?? {}).join(", ");
  return verdict(
    "Requests seen",
    wrong === undefined
      ? undefined
      : `shadowtap counted ${wrong.seen} requests and the live server ${wrong.served}, after ${seconds(wrong.atMs)}.`,
    `shadowtap saw ${end.seen} requests and the live server ${end.served}; lost were ${reasons === "" ? "none" : reasons}; ${end.delivered} copies were delivered.`,
  );
}

function nonZero(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${reason} ${count}`);
}

/** What became of requests and copies so far. No check: much of it depends on how long the shadow was away. */
export function describeFates({ seen, capture, target }: Checkpoint): string {
  const { skipped, lost, shed, throttled, malformed, decoded } = capture;
  const requests = nonZero({ ...skipped, ...lost, shed, throttled, ...malformed, decoded });
  const copies = nonZero({ ...target.failed.unsent, ...target.failed.sent_unanswered });
  return `seen ${seen} (${requests.join(", ")}), copies ${[`delivered ${target.delivered}`, ...copies].join(", ")}`;
}

function memoryVerdict(history: History, name: string): Verdict {
  const title = `Memory of the ${name}`;
  const points = floorsOf(history, name).filter(([atMs]) => atMs >= warmUpMs(history));
  const { slope, slopeError } = memoryFit(history, name);
  const perHour = (bytesPerMs: number) => `${((bytesPerMs * HOUR_MS) / MIB).toFixed(1)} MiB/h`;
  const measured = `${perHour(slope)} ± ${perHour(slopeError)} (95 %)`;
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined)
    return { name: title, outcome: "open", sentence: `The ${name} was not measured long enough.` };
  const grown = last[1] - first[1];
  if (grown > MAX_GROWTH_BYTES)
    return verdict(title, `The ${name} grew by ${(grown / MIB).toFixed(0)} MiB: ${measured}.`, "");
  if (last[0] - first[0] < MIN_JUDGED_MS || points.length < MIN_POINTS)
    return {
      name: title,
      outcome: "open",
      sentence: `The slope of the ${name} is ${Number.isFinite(slopeError) ? measured : perHour(slope)}; it is judged from 10 minutes behind the warm-up on.`,
    };
  return verdict(
    title,
    (slope - slopeError) * (last[0] - first[0]) > RESOLUTION_BYTES
      ? `The ${name} grows: ${measured}.`
      : undefined,
    `The slope of the ${name} cannot be told from zero by more than four pages of V8's, or falls: ${measured}.`,
  );
}

function range(values: readonly number[]): string {
  if (values.length === 0) return "an unknown number of";
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? `${least}` : `${least} to ${most}`;
}

/** Something that is held at rest has grown when it never comes down again to what it was in the beginning. */
function fileVerdict(history: History, name: string): Verdict {
  const counts = history.checkpoints
    .filter(({ atMs }) => atMs >= warmUpMs(history))
    .flatMap(({ processes }) => processes.filter((one) => one.name === name))
    .map(({ files }) => files);
  const title = `Files of the ${name}`;
  const held = `The ${name} holds ${range(counts)} file descriptors at rest`;
  if (counts.length < MIN_FILE_POINTS)
    return {
      name: title,
      outcome: "open",
      sentence: `${held}; it takes more rest points to judge that.`,
    };
  const third = Math.ceil(counts.length / 3);
  const atFirst = Math.max(...counts.slice(0, third));
  const atLast = Math.min(...counts.slice(-third));
  return verdict(
    title,
    atLast > atFirst + SPARE_FILES
      ? `The ${name} holds ${atLast} file descriptors at the end and held ${atFirst} at most in the beginning.`
      : undefined,
    `${held}.`,
  );
}

function describe({ programs, maps, links }: KernelObjects): string {
  return `${programs} programs, ${maps} maps and ${links} links`;
}

function objectsVerdicts({ checkpoints, end }: History): readonly Verdict[] {
  const [first] = checkpoints;
  const expected = first === undefined ? "nothing" : describe(first.objects);
  const other = checkpoints.find(({ objects }, index) => {
    const before = checkpoints.slice(0, index).map((one) => one.objects.maps);
    const isAttachedAsBefore =
      objects.programs === first?.objects.programs && objects.links === first.objects.links;
    // One fewer than before is one that the kernel has taken its time to free.
    return !isAttachedAsBefore || objects.maps > Math.min(Number.POSITIVE_INFINITY, ...before);
  });
  const isLoaded = first !== undefined && first.objects.programs > 0;
  const { programs, maps, links } = end.leftBehind;
  return [
    verdict(
      "Kernel objects",
      !isLoaded
        ? "No program of the run was found in the kernel, so that nothing is known of its objects."
        : other === undefined
          ? undefined
          : `The kernel held ${expected} at first and ${describe(other.objects)} after ${seconds(other.atMs)}.`,
      `The kernel held ${expected} at first, and never more at a rest point.`,
    ),
    verdict(
      "After the end",
      programs + maps + links > 0 ? `${describe(end.leftBehind)} are still there.` : undefined,
      "Nothing of the run is left in the kernel.",
    ),
  ];
}

function lagVerdict({ samples }: History): Verdict {
  const lags = samples.map(({ loopLagMs }) => loopLagMs);
  const [middle, longest] = [median(lags), Math.max(0, ...lags)];
  const found = `${middle.toFixed(1)} ms in the median look, ${longest.toFixed(1)} ms at most`;
  return verdict(
    "Event loop",
    middle > MAX_MEDIAN_LAG_MS || longest > MAX_LAG_MS
      ? `The event loop was late by ${found}.`
      : undefined,
    `The event loop was late by ${found}.`,
  );
}

function liveVerdicts({ checkpoints, control, warmUpLoads }: History): readonly Verdict[] {
  const all = [control, ...warmUpLoads, ...checkpoints.map(({ load }) => load)];
  const failed = all.reduce((sum, load) => sum + load.failed, 0);
  const answered = all.reduce((sum, load) => sum + load.answered, 0);
  const p99Ms = median(checkpoints.map(({ load }) => load.p99Ms));
  const boundMs = control.p99Ms * 3 + 10;
  const found = `p99 was ${p99Ms.toFixed(1)} ms in the median interval, and ${control.p99Ms.toFixed(1)} ms without shadowtap`;
  return [
    verdict(
      "Live service",
      failed > 0
        ? `${failed} of ${answered + failed} live requests failed: ${all.flatMap(({ failures }) => failures)[0]}.`
        : undefined,
      `All ${answered} live requests were answered as they should be.`,
    ),
    verdict(
      "Live latency",
      p99Ms > boundMs ? `The live service became slower: ${found}.` : undefined,
      `The live service's ${found}.`,
    ),
  ];
}

function disturbanceVerdict({ disturbances }: History): Verdict {
  const fault = disturbances.find((one) => one.fault !== undefined);
  const count = (kind: string) => disturbances.filter((one) => one.kind === kind).length;
  return verdict(
    "Disturbances",
    fault === undefined
      ? undefined
      : `A ${fault.kind} failed after ${seconds(fault.atMs)}: ${fault.fault}`,
    `${count("reload")} reloads, ${count("restart")} restarts of the shadow and ${count("pause")} pauses of the target went as they should.`,
  );
}

function answersVerdict({ silences, samples }: History): Verdict {
  const [first] = silences;
  return verdict(
    "Admin socket",
    first === undefined
      ? undefined
      : `${silences.length} of ${silences.length + samples.length} questions had no answer, the first after ${seconds(first.atMs)}: ${first.message}.`,
    `All ${samples.length} questions were answered.`,
  );
}

function endVerdict({ end }: History): Verdict {
  return verdict(
    "End",
    end.exitCode === 0
      ? undefined
      : `shadowtap ended with ${end.exitCode ?? "a signal"}: ${end.stderr.trim().split("\n").at(-1)}`,
    "shadowtap ended with 0 and its summary.",
  );
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(0)} s`;
}

/** Every check of a soak, in the order in which the report shows them. */
export function judge(history: History): readonly Verdict[] {
  const names = processNames(history);
  return [
    ledgerVerdict(history),
    seenVerdict(history),
    ...liveVerdicts(history),
    ...names.map((name) => memoryVerdict(history, name)),
    ...names.map((name) => fileVerdict(history, name)),
    ...objectsVerdicts(history),
    lagVerdict(history),
    disturbanceVerdict(history),
    answersVerdict(history),
    endVerdict(history),
  ];
}
