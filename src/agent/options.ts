import { resolve } from "node:path";
import { API_VERSION, OUTPUT_KINDS, type OutputKind } from "../model/output.ts";
import type { RunConfig } from "../model/run-config.ts";
import type { Target } from "../model/target.ts";
import { buildConfig, buildTarget } from "./config/build.ts";
import { DEFAULTS, effectiveDocument, type Overrides } from "./config/defaults.ts";
import { parseOverrides } from "./config/flag-capture.ts";
import { parseRuleFlags, parseTargetFlags } from "./config/flag-rule.ts";
import { readCertificates } from "./config/input-file.ts";
import { LIMITS } from "./config/limits.ts";
import { loadConfigFile } from "./config/load.ts";
import { list, type RawFlags, text, WORDS } from "./config/raw-flags.ts";
import { parseChoice, parseDuration, parseInteger, usage } from "./flag-values.ts";

/** Where a run says what it does, and when it ends by itself. */
interface OutputOptions {
  readonly output: OutputKind;
  readonly summaryFile: string | undefined;
  readonly auditFile: string | undefined;
  readonly readyFile: string | undefined;
  readonly pidFile: string | undefined;
  readonly adminSocket: string | undefined;
  readonly durationMs: number | undefined;
}

/** Everything that `shadowtap mirror` and `shadowtap run` are told. */
export interface RunOptions extends OutputOptions {
  readonly command: "mirror" | "run";
  readonly config: RunConfig;
  readonly configFile: string | undefined;
  /** Reload when the file changes. */
  readonly watchConfig: boolean;
  /** Reads the file again, with the same flags in place of it; rejects with ST_CONFIG_INVALID. Undefined without a file. */
  readonly reload: (() => Promise<RunConfig>) | undefined;
}

/** Everything that `shadowtap plan` is told. Rules made of flags have no targets when there is no `--to`. */
export interface PlanOptions {
  readonly config: RunConfig;
  readonly durationMs: number;
  readonly output: "table" | "json";
  /** Endpoints that are listed. */
  readonly top: number;
}

/** What `shadowtap doctor` looks at beyond the machine itself. */
export interface DoctorOptions {
  /** Targets to resolve and reach. */
  readonly targets: readonly Target[];
}

export const PLAN_KINDS = ["table", "json"] as const;

/** Defaults of flags, as they are typed. Those of what a rules file may say, too, are its own. */
export const FLAG_DEFAULTS = {
  hook: DEFAULTS.hook,
  direction: DEFAULTS.direction,
  path: "*",
  percent: String(DEFAULTS.percent),
  "sample-by": DEFAULTS.sampleBy,
  "allow-methods": DEFAULTS.allowMethods.join(","),
  pipeline: String(DEFAULTS.pipeline),
  workers: String(DEFAULTS.workers),
  "ring-size": DEFAULTS.ringSize,
  timeout: DEFAULTS.timeout,
  host: DEFAULTS.host,
  redact: DEFAULTS.redactPreset,
  ttl: "8h",
  output: "compact",
  "plan-output": "table",
  "plan-duration": "30s",
  top: "20",
} as const;

function readCa(path: string): string {
  return readCertificates("--ca", path);
}

/** `--to`, one or several. */
export function parseTargets(flags: RawFlags): Target[] {
  return parseTargetFlags(flags).map((target) => buildTarget(target, readCa));
}

/** Rules of flags; `flags` win over what `guard` says. */
function flagConfig(flags: RawFlags, guard: Overrides["guard"]): RunConfig {
  const file = {
    apiVersion: API_VERSION,
    kind: "MirrorConfig",
    mirrors: [parseRuleFlags(flags)],
  } as const;
  const document = effectiveDocument(
    { ...file, mirrors: [...file.mirrors], guard },
    parseOverrides(flags),
  );
  return buildConfig(document, { readCa, resolve });
}

function parseRunDuration(flags: RawFlags, otherwise?: string): number | undefined {
  const value = text(flags, "duration") ?? otherwise;
  return value === undefined ? undefined : parseDuration("--duration", value, ...LIMITS.durationMs);
}

function parseOutput(flags: RawFlags): OutputOptions {
  return {
    output: parseChoice("--output", text(flags, "output") ?? FLAG_DEFAULTS.output, OUTPUT_KINDS),
    summaryFile: text(flags, "summary-file"),
    auditFile: text(flags, "audit-file"),
    readyFile: text(flags, "ready-file"),
    pidFile: text(flags, "pid-file"),
    adminSocket: text(flags, "admin-socket"),
    durationMs: parseRunDuration(flags),
  };
}

/** Parses and checks everything that can be checked without looking at the machine. Throws ShadowtapError. */
export function parseMirrorOptions(flags: RawFlags): RunOptions {
  const missing = ["port", "to"].filter((name) => list(flags, name, WORDS).length === 0);
  if (missing.length > 0)
    throw usage(
      `${missing.map((name) => `--${name}`).join(" and ")} ${missing.length > 1 ? "are" : "is"} required.`,
      "Write --port 8080 --to http://10.0.0.9:8080: the port of the live service, and where copies go.",
    );
  const config = flagConfig(flags, { ttl: FLAG_DEFAULTS.ttl });
  return {
    ...parseOutput(flags),
    command: "mirror",
    config,
    configFile: undefined,
    watchConfig: false,
    reload: undefined,
  };
}

/** Reads the rules file and checks it with the flags. Rejects with ShadowtapError. */
export async function parseRunOptions(flags: RawFlags): Promise<RunOptions> {
  const configFile = text(flags, "config");
  if (configFile === undefined)
    throw usage("--config is required.", "Write -c shadowtap.yaml: the rules file.");
  const output = parseOutput(flags);
  const overrides = parseOverrides(flags);
  const reload = () => loadConfigFile(configFile, overrides);
  return {
    ...output,
    command: "run",
    config: await reload(),
    configFile,
    watchConfig: flags["watch"] !== false,
    reload,
  };
}

/** Flags that make a rule: of no meaning where a file says the rules. */
const RULE_FLAGS = [
  "port",
  "to",
  "local",
  "remote",
  "uid",
  "pid",
  "exe",
  "path",
  "header",
  "prefix",
  "allow-methods",
  "percent",
  "fraction",
  "sample-by",
  "ramp",
  "ramp-guard",
  "max-rps",
  "max-bandwidth",
  "max-in-flight",
  "redact",
  "redact-rule",
  "redact-detect",
] as const;

/** Takes the rules from the file of `--config` or from flags. Rejects with ShadowtapError. */
export async function parsePlanOptions(flags: RawFlags): Promise<PlanOptions> {
  const configFile = text(flags, "config");
  const ruleFlags = RULE_FLAGS.filter((name) => flags[name] !== undefined);
  if (configFile !== undefined && ruleFlags.length > 0)
    throw usage(
      `--config and --${ruleFlags[0]} exclude each other.`,
      "Say what is selected in the file or by flags, not both.",
      "Look for it in the environment, too: `env | grep SHADOWTAP_`.",
    );
  const durationMs = parseRunDuration(flags, FLAG_DEFAULTS["plan-duration"]) ?? 0;
  const output = text(flags, "output") ?? FLAG_DEFAULTS["plan-output"];
  return {
    durationMs,
    output: parseChoice("--output", output, PLAN_KINDS),
    top: parseInteger("--top", text(flags, "top") ?? FLAG_DEFAULTS.top, 1, 100),
    config:
      configFile === undefined
        ? flagConfig(flags, {})
        : await loadConfigFile(configFile, parseOverrides(flags)),
  };
}
