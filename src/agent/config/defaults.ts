import { API_VERSION } from "../../model/output.ts";
import { saysRedaction } from "./build-redaction.ts";
import type {
  CaptureDocument,
  ConfigDocument,
  GuardDocument,
  LimitsDocument,
  MirrorDocument,
  RedactDocument,
  RedactionDocument,
  TargetDocument,
} from "./schema.ts";
import type { MatchDocument } from "./schema-match.ts";
import { readTargetUrl } from "./target-url.ts";

/** What holds where nothing is said, as it is written. */
export const DEFAULTS = {
  hook: "auto",
  direction: "in",
  workers: 1,
  ringSize: "16MiB",
  matching: "first",
  allowMethods: ["GET", "HEAD", "OPTIONS"],
  percent: 100,
  denominator: 100,
  sampleBy: "request",
  rampSteps: 10,
  pathType: "PathPrefix",
  valueType: "Exact",
  timeout: "5s",
  host: "keep",
  pipeline: 1,
  redactPreset: "off",
  detected: "tokenise",
  maxBodyBytes: "1MiB",
  ttl: "none",
} as const;

/** What flags and environment say in place of the file. */
export interface Overrides {
  /** A scope among these replaces the file's, whichever kind that is. */
  readonly capture: CaptureDocument;
  readonly limits: LimitsDocument;
  readonly guard: GuardDocument;
  readonly redaction: { readonly keyFile?: string };
}

export const NO_OVERRIDES: Overrides = { capture: {}, limits: {}, guard: {}, redaction: {} };

const SCOPE_KEYS = ["netns", "cgroup", "container", "allNamespaces"] as const;

function effectiveCapture(file: CaptureDocument, flags: CaptureDocument): CaptureDocument {
  const below = { ...file };
  if (SCOPE_KEYS.some((key) => flags[key] !== undefined))
    for (const key of SCOPE_KEYS) delete below[key];
  return {
    hook: DEFAULTS.hook,
    direction: DEFAULTS.direction,
    workers: DEFAULTS.workers,
    ringSize: DEFAULTS.ringSize,
    ...below,
    ...flags,
  };
}

type PolicyDocument = Exclude<RedactionDocument, string>;

/** A key alone says nothing of what is redacted, and stays alone. */
function effectivePolicy(said: RedactDocument | RedactionDocument): PolicyDocument {
  const document: PolicyDocument = typeof said === "string" ? { preset: said } : said;
  if (!saysRedaction(document)) return document;
  const { preset, rules, detectors, ...rest } = document;
  return {
    preset: preset ?? DEFAULTS.redactPreset,
    ...(rules && { rules }),
    ...(detectors && { detectors }),
    detected: DEFAULTS.detected,
    maxBodyBytes: DEFAULTS.maxBodyBytes,
    ...rest,
  };
}

function effectiveRedaction(
  file: RedactionDocument | undefined,
  flags: Overrides["redaction"],
): Pick<ConfigDocument, "redaction"> {
  if (file === undefined && flags.keyFile === undefined) return {};
  return { redaction: { ...effectivePolicy(file ?? {}), ...flags } };
}

function effectiveTarget({ name, url, ...rest }: TargetDocument): TargetDocument {
  const address = readTargetUrl(url);
  return {
    name: name ?? ("why" in address ? url : address.name),
    url,
    timeout: DEFAULTS.timeout,
    host: DEFAULTS.host,
    pipeline: DEFAULTS.pipeline,
    insecure: false,
    ...rest,
  };
}

function withType<T extends { type?: string | undefined }>(test: T, type: string): T {
  return { ...test, type: test.type ?? type };
}

function effectiveMatch(match: MatchDocument): MatchDocument {
  const { path, headers, queryParams, cookies, all, any, not } = match;
  return {
    ...match,
    ...(path && { path: withType(path, DEFAULTS.pathType) }),
    ...(headers && { headers: headers.map((test) => withType(test, DEFAULTS.valueType)) }),
    ...(queryParams && {
      queryParams: queryParams.map((test) => withType(test, DEFAULTS.valueType)),
    }),
    ...(cookies && { cookies: cookies.map((test) => withType(test, DEFAULTS.valueType)) }),
    ...(all && { all: all.map(effectiveMatch) }),
    ...(any && { any: any.map(effectiveMatch) }),
    ...(not && { not: effectiveMatch(not) }),
  };
}

function effectiveMirror(mirror: MirrorDocument): MirrorDocument {
  const { name, from, match, percent, fraction, ramp, redact, to, ...rest } = mirror;
  const isWhole = percent === undefined && fraction === undefined && ramp === undefined;
  return {
    name,
    from,
    ...(match === undefined
      ? {}
      : { match: (Array.isArray(match) ? match : [match]).map(effectiveMatch) }),
    allowMethods: [...DEFAULTS.allowMethods],
    ...(isWhole ? { percent: DEFAULTS.percent } : {}),
    ...(percent === undefined ? {} : { percent }),
    ...(fraction && { fraction: { denominator: DEFAULTS.denominator, ...fraction } }),
    ...(ramp && { ramp: { steps: DEFAULTS.rampSteps, ...ramp } }),
    sampleBy: DEFAULTS.sampleBy,
    ...rest,
    ...(redact === undefined ? {} : { redact: effectivePolicy(redact) }),
    to: (Array.isArray(to) ? to : [to]).map(effectiveTarget),
  };
}

/** The document with everything filled in that holds, in the order in which it is shown. */
export function effectiveDocument(file: ConfigDocument, overrides: Overrides): ConfigDocument {
  return {
    apiVersion: API_VERSION,
    kind: "MirrorConfig",
    capture: effectiveCapture(file.capture ?? {}, overrides.capture),
    matching: file.matching ?? DEFAULTS.matching,
    ...effectiveRedaction(file.redaction, overrides.redaction),
    mirrors: file.mirrors.map(effectiveMirror),
    limits: { ...file.limits, ...overrides.limits },
    guard: { ttl: DEFAULTS.ttl, ...file.guard, ...overrides.guard },
  };
}
