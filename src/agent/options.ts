import type { Scope } from "../capture/scope.ts";
import { ShadowtapError } from "../model/errors.ts";
import { OUTPUT_KINDS, type OutputKind } from "../model/output.ts";
import type { HostPolicy, Target } from "../model/target.ts";
import {
  parseChoice,
  parseDuration,
  parseHeader,
  parseHeaderName,
  parseHost,
  parseInteger,
  parseInterface,
  parseMethods,
  parseNumber,
  parsePath,
  parsePercent,
  parsePorts,
  parseSize,
  parseTarget,
} from "./flag-values.ts";

export const HOOK_CHOICES = ["auto", "cgroup", "tc"] as const;
type HookChoice = (typeof HOOK_CHOICES)[number];

/** Every flag of `shadowtap mirror`, parsed and checked. */
export interface MirrorOptions {
  /** Ports of the live service, 1 … 65535, each once. */
  readonly ports: readonly number[];
  /** Where copies go; at least one, no two with the same name. */
  readonly targets: readonly Target[];
  readonly hook: HookChoice;
  /** Interfaces for the tc hook; empty for every one that is up. */
  readonly interfaces: readonly string[];
  readonly scope: Scope;
  /** Glob over the path; `*` for every path. */
  readonly path: string;
  /** Methods that are mirrored; the others are held back. */
  readonly methods: ReadonlySet<string> | "all";
  /** 0 … 100. */
  readonly percent: number;
  /** Requests per second at most, above 0; undefined for no limit. */
  readonly maxRps: number | undefined;
  /** Requests of different live connections that may wait on one shadow connection; 1 for none. */
  readonly pipeline: number;
  /** When to stop by itself. */
  readonly durationMs: number | undefined;
  /** How many requests delivered are enough. */
  readonly count: number | undefined;
  /** Payload processes. */
  readonly workers: number;
  /** Size of all rings together, in bytes. */
  readonly ringBytes: number;
  /** How long a copy may wait, and an answer may take. */
  readonly timeoutMs: number;
  /** Name and value, in the order given. */
  readonly setHeaders: readonly (readonly [name: string, value: string])[];
  /** Names in lower case. */
  readonly removeHeaders: readonly string[];
  readonly host: HostPolicy;
  /** File with the certificate authorities (PEM) that sign https targets; undefined for the usual ones. */
  readonly caFile: string | undefined;
  /** Certificates of https targets are not checked. */
  readonly insecure: boolean;
  readonly output: OutputKind;
  readonly summaryFile: string | undefined;
  readonly readyFile: string | undefined;
  readonly pidFile: string | undefined;
}

/** What `shadowtap doctor` looks at beyond the machine itself. */
export interface DoctorOptions {
  /** Targets to resolve and reach. */
  readonly targets: readonly Target[];
}

/**
 * The flags of `shadowtap mirror` as text, by their name. A repeatable flag is a list on the command line and one text
 * in its environment variable.
 */
export type RawFlags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Defaults of `shadowtap mirror`, as they are typed. */
export const MIRROR_DEFAULTS = {
  hook: "auto",
  path: "*",
  percent: "100",
  "allow-methods": "GET,HEAD,OPTIONS",
  pipeline: "1",
  workers: "1",
  "ring-size": "16MiB",
  timeout: "5s",
  host: "keep",
  output: "compact",
} as const;

const KIB = 1024;
const SECOND = 1000;
const HOUR = 3600 * SECOND;

function text(flags: RawFlags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

function textOr(flags: RawFlags, name: keyof typeof MIRROR_DEFAULTS): string {
  return text(flags, name) ?? MIRROR_DEFAULTS[name];
}

/** The values of a repeatable flag, each cut at `separator`: how an environment variable holds several. */
function list(flags: RawFlags, name: string, separator: RegExp): string[] {
  const value = flags[name];
  const given = typeof value === "string" ? [value] : Array.isArray(value) ? value : [];
  return given.flatMap((one: string) => one.split(separator)).filter((one) => one !== "");
}

function optional<T>(value: string | undefined, parse: (value: string) => T): T | undefined {
  return value === undefined ? undefined : parse(value);
}

/** `--to`, one or several. */
export function parseTargets(flags: RawFlags): Target[] {
  const targets = list(flags, "to", /\s+/).map(parseTarget);
  const names = new Set<string>();
  for (const { name } of targets) {
    if (names.has(name))
      throw new ShadowtapError("ST_TARGET_INVALID", `--to ${name} is given twice.`, [
        "Give each target once: it would get every request twice.",
      ]);
    names.add(name);
  }
  return targets;
}

function parseScope(flags: RawFlags): Scope {
  const scopes: { flag: string; scope: Scope }[] = [];
  const cgroup = text(flags, "cgroup");
  const container = text(flags, "container");
  const netns = text(flags, "netns");
  if (cgroup !== undefined)
    scopes.push({ flag: "--cgroup", scope: { kind: "cgroup", path: cgroup } });
  if (container !== undefined)
    scopes.push({ flag: "--container", scope: { kind: "container", id: container } });
  if (netns !== undefined) scopes.push({ flag: "--netns", scope: { kind: "netns", path: netns } });
  if (flags["all-namespaces"] === true)
    scopes.push({ flag: "--all-namespaces", scope: { kind: "all" } });
  if (scopes.length > 1)
    throw new ShadowtapError(
      "ST_USAGE",
      `${scopes.map(({ flag }) => flag).join(" and ")} exclude each other.`,
      ["Keep one of them: each names the place whose listeners are captured."],
    );
  return scopes[0]?.scope ?? { kind: "own" };
}

/** Parses and checks everything that can be checked without looking at the machine. Throws ShadowtapError. */
export function parseMirrorOptions(flags: RawFlags): MirrorOptions {
  const hook = parseChoice("--hook", textOr(flags, "hook"), HOOK_CHOICES);
  const interfaces = list(flags, "iface", /[\s,]+/).map(parseInterface);
  if (interfaces.length > 0 && hook === "cgroup")
    throw new ShadowtapError("ST_USAGE", "--iface has no meaning for --hook cgroup.", [
      "Leave --iface out: this hook sees every interface.",
      "Use --hook tc to capture at single interfaces.",
    ]);
  const caFile = text(flags, "ca");
  const insecure = flags["insecure"] === true;
  if (caFile !== undefined && insecure)
    throw new ShadowtapError("ST_USAGE", "--ca and --insecure exclude each other.", [
      "Leave --insecure out to have certificates checked against the file.",
    ]);

  return {
    ports: parsePorts(list(flags, "port", /[\s,]+/).join(",")),
    targets: parseTargets(flags),
    hook,
    interfaces: [...new Set(interfaces)],
    scope: parseScope(flags),
    path: parsePath(textOr(flags, "path")),
    methods: parseMethods(textOr(flags, "allow-methods")),
    percent: parsePercent(textOr(flags, "percent")),
    maxRps: optional(text(flags, "max-rps"), (value) =>
      parseNumber("--max-rps", value, 0.001, 1e7),
    ),
    pipeline: parseInteger("--pipeline", textOr(flags, "pipeline"), 1, 1024),
    durationMs: optional(text(flags, "duration"), (value) =>
      parseDuration("--duration", value, 1, 24 * 365 * HOUR),
    ),
    count: optional(text(flags, "count"), (value) => parseInteger("--count", value, 1, 1e15)),
    workers: parseInteger("--workers", textOr(flags, "workers"), 1, 64),
    ringBytes: parseSize("--ring-size", textOr(flags, "ring-size"), 64 * KIB, KIB ** 3),
    timeoutMs: parseDuration("--timeout", textOr(flags, "timeout"), 1, HOUR),
    setHeaders: list(flags, "set-header", /[\r\n]+/).map(parseHeader),
    removeHeaders: list(flags, "remove-header", /[\s,]+/).map(parseHeaderName),
    host: parseHost(textOr(flags, "host")),
    caFile,
    insecure,
    output: parseChoice("--output", textOr(flags, "output"), OUTPUT_KINDS),
    summaryFile: text(flags, "summary-file"),
    readyFile: text(flags, "ready-file"),
    pidFile: text(flags, "pid-file"),
  };
}
