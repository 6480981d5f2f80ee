import type { Budget, Cidr, Ramp } from "../../model/rule.ts";
import type { OriginSpec, RuleSpec, RunConfig, Scope } from "../../model/run-config.ts";
import type { Target } from "../../model/target.ts";
import { mergedRanges, readCidr, readPortRange } from "./addresses.ts";
import { buildGuard } from "./build-guard.ts";
import { buildMatches } from "./build-match.ts";
import { buildRedaction, saysRedaction } from "./build-redaction.ts";
import { DEFAULTS } from "./defaults.ts";
import { readHostPolicy, readSampleBy } from "./http-text.ts";
import {
  percentOf,
  readDurationBound,
  readDurationMs,
  readRatioBound,
  readSizeBytes,
} from "./quantities.ts";
import type {
  CaptureDocument,
  ConfigDocument,
  FromDocument,
  MirrorDocument,
  RampDocument,
  TargetDocument,
} from "./schema.ts";
import { readTargetUrl } from "./target-url.ts";

/**
 * From what was written to what is run by. Documents come here checked and with their defaults; what cannot be read all the same is a
 * fault of the check, and thrown as such.
 */

/** Reads a file of certificates; throws ST_FILE_UNREADABLE. */
export type ReadCertificates = (path: string) => string;

/** What the files are that a document names. */
export interface NamedFiles {
  readonly readCa: ReadCertificates;
  /** Where a relative path begins. */
  readonly resolve: (path: string) => string;
}

function checked<T>(value: T | undefined, what: unknown): T {
  if (value === undefined) throw new TypeError(`Not checked before: ${String(what)}`);
  return value;
}

function optional<T, R>(value: T | undefined, read: (value: T) => R | undefined): R | undefined {
  return value === undefined ? undefined : checked(read(value), value);
}

function unique<T>(values: readonly T[] | undefined): T[] {
  return [...new Set(values)];
}

function cidrs(texts: readonly string[] | undefined): Cidr[] {
  return unique(texts).map((text) => {
    const reading = readCidr(text);
    return checked(reading.kind === "cidr" ? reading.cidr : undefined, text);
  });
}

function buildFrom(from: FromDocument): OriginSpec {
  return {
    ports: mergedRanges(from.ports.map((one) => checked(readPortRange(String(one)), one))),
    local: cidrs(from.local),
    exceptLocal: cidrs(from.exceptLocal),
    remote: cidrs(from.remote),
    exceptRemote: cidrs(from.exceptRemote),
    users: unique(from.users?.map(String)),
    cgroups: unique(from.cgroups),
    containers: unique(from.containers?.map(String)),
    pids: unique(from.pids),
    executables: unique(from.executables),
  };
}

function buildScope({ netns, cgroup, container, allNamespaces }: CaptureDocument): Scope {
  if (netns !== undefined) return { kind: "netns", path: netns };
  if (cgroup !== undefined) return { kind: "cgroup", path: cgroup };
  if (container !== undefined) return { kind: "container", id: String(container) };
  return allNamespaces ? { kind: "all" } : { kind: "own" };
}

function buildBudget(document: MirrorDocument | TargetDocument): Budget {
  return {
    requestsPerSecond: document.maxRps,
    bytesPerSecond: optional(document.maxBytesPerSecond, readSizeBytes),
    inFlight: document.maxInFlight,
  };
}

export function buildTarget(target: TargetDocument, readCa: ReadCertificates): Target {
  const address = readTargetUrl(target.url);
  if ("why" in address) throw new TypeError(`Not checked before: ${address.text}`);
  return {
    ...address,
    name: target.name ?? address.name,
    options: {
      hostPolicy: checked(readHostPolicy(target.host ?? DEFAULTS.host), target.host),
      setHeaders: (target.setHeaders ?? []).map(({ name, value }) => [name, value.trim()]),
      removeHeaders: unique(target.removeHeaders?.map((name) => name.toLowerCase())),
      timeoutMs: checked(readDurationMs(target.timeout ?? DEFAULTS.timeout), target.timeout),
      pipeline: target.pipeline ?? DEFAULTS.pipeline,
      ca: optional(target.ca, readCa),
      insecure: target.insecure ?? false,
      budget: buildBudget(target),
    },
  };
}

function buildRamp({ from, to, over, steps, guard }: RampDocument): Ramp {
  return {
    from: percentOf(from) / 100,
    to: percentOf(to) / 100,
    overMs: checked(readDurationMs(over), over),
    steps: steps ?? DEFAULTS.rampSteps,
    guard: guard && {
      maxErrorRatio: optional(guard.errors, readRatioBound),
      maxP99Ms: optional(guard.p99, readDurationBound),
    },
  };
}

function shareOf({ percent, fraction, ramp }: MirrorDocument): number {
  if (fraction) return fraction.numerator / (fraction.denominator ?? DEFAULTS.denominator);
  return percentOf(ramp?.to ?? percent ?? DEFAULTS.percent) / 100;
}

function buildRule(
  mirror: MirrorDocument,
  redaction: ConfigDocument["redaction"],
  targetOf: (target: TargetDocument) => Target,
): RuleSpec {
  const { match, to, ramp, allowMethods, sampleBy } = mirror;
  const matches = match === undefined ? [] : Array.isArray(match) ? match : [match];
  const methods = allowMethods ?? DEFAULTS.allowMethods;
  const redact = mirror.redact ?? redaction;
  return {
    name: mirror.name,
    from: buildFrom(mirror.from),
    match: buildMatches(matches),
    methods: methods === "all" ? "all" : unique(methods),
    share: shareOf(mirror),
    sampleBy: checked(readSampleBy(sampleBy ?? DEFAULTS.sampleBy), sampleBy),
    ramp: ramp && buildRamp(ramp),
    budget: buildBudget(mirror),
    count: mirror.count,
    redact: buildRedaction(redact),
    choseRedaction: saysRedaction(redact),
    targets: (Array.isArray(to) ? to : [to]).map(targetOf),
  };
}

/** What an effective document says. Reads the files of certificates that it names. */
export function buildConfig(document: ConfigDocument, files: NamedFiles): RunConfig {
  const { capture = {}, limits = {}, redaction, guard = {} } = document;
  const targets = new Map<string, Target>();
  const targetOf = (target: TargetDocument): Target => {
    const built = buildTarget(target, files.readCa);
    const known = targets.get(built.name) ?? built;
    targets.set(built.name, known);
    return known;
  };
  return {
    capture: {
      hook: capture.hook ?? DEFAULTS.hook,
      interfaces: unique(capture.interfaces),
      scope: buildScope(capture),
      direction: capture.direction ?? DEFAULTS.direction,
      workers: capture.workers ?? DEFAULTS.workers,
      ringBytes: checked(readSizeBytes(capture.ringSize ?? DEFAULTS.ringSize), capture.ringSize),
    },
    matching: document.matching ?? DEFAULTS.matching,
    rules: document.mirrors.map((mirror) => buildRule(mirror, redaction, targetOf)),
    limits: {
      maxCpu: limits.maxCpu === undefined ? undefined : percentOf(limits.maxCpu) / 100,
      maxMemoryBytes: optional(limits.maxMemory, readSizeBytes),
    },
    guard: buildGuard(guard),
    redactionKeyFile:
      typeof redaction === "object" ? optional(redaction.keyFile, files.resolve) : undefined,
  };
}
