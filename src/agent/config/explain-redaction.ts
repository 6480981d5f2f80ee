import type { RedactionAction, RedactionPolicy, RedactionSubject } from "../../model/redaction.ts";
import type { AllowedTarget, RuleSpec, RunConfig } from "../../model/run-config.ts";
import { type BodyPlan, createBodyPlanner } from "../../redact/body/plan.ts";
import { compileRules } from "../../redact/policy/compile.ts";
import { detectorsOf } from "../../redact/policy/detectors.ts";
import { cidrText } from "../../select/kernel/describe-origin.ts";

/** What a policy does, and what would not be sent for it, in words: asked of what decides it, not told a second time. */

function actionText(action: RedactionAction): string {
  return action.kind === "replace" ? `replace with ${JSON.stringify(action.value)}` : action.kind;
}

function subjectText(subject: RedactionSubject): string {
  switch (subject.kind) {
    case "header":
      return `header ${subject.name.toLowerCase()}`;
    case "path":
      return `path ${subject.template}, segment ${subject.name}`;
    case "json":
      return `json ${subject.path}`;
    case "text":
      return `text ${JSON.stringify(subject.pattern)}`;
    case "body":
      return "all of the body";
    default:
      return `${subject.kind} ${subject.name}`;
  }
}

/** What is replaced, the first that concerns a value first. */
export function redactionLines({ redact, choseRedaction }: RuleSpec): string[] {
  const { preset, rules, detected } = redact;
  const detectors = detectorsOf(redact);
  const lines = rules.map(
    ({ subject, action }) => `${subjectText(subject)}: ${actionText(action)}`,
  );
  if (preset !== "off") lines.push("headers and cookies that hold credentials: tokenise");
  if (detectors.length > 0) lines.push(`${detectors.join(", ")}: ${actionText(detected)}`);
  if (lines.length === 0) lines.push("nothing: copies carry what the client sent");
  if (!choseRedaction)
    lines.push("nobody said so: targets must be loopback or private, or redaction be chosen");
  return lines;
}

/** One body of each kind that is told apart. */
const BODIES = [
  ["JSON", "application/json"],
  ["forms", "application/x-www-form-urlencoded"],
  ["multipart", "multipart/form-data; boundary=b"],
  ["text", "text/plain"],
  ["any other type", "application/octet-stream"],
  ["no type", undefined],
] as const;

function sizeText(bytes: number): string {
  const [unit, name] = bytes % 1024 ** 2 === 0 ? [1024 ** 2, "MiB"] : [1024, "KiB"];
  return bytes % 1024 === 0 ? `${bytes / unit} ${name}` : `${bytes} bytes`;
}

/** What would not be sent, since what the policy asks for cannot be done; empty when nothing would. */
export function refusalLines(policy: RedactionPolicy): string[] {
  const { preset, rules, maxBodyBytes } = policy;
  const detects = detectorsOf(policy).length > 0;
  if (preset === "off" && rules.length === 0 && !detects) return [];
  const planner = createBodyPlanner(policy, compileRules(policy), detects);
  const plans = BODIES.map(([name, type]) => ({ name, plan: planner.plan(type) }));
  const named = (kind: BodyPlan["kind"]) =>
    plans.filter(({ plan }) => plan.kind === kind).map(({ name }) => name);
  const all = (names: readonly string[]) => names.join(", ").replace(/, ([^,]*)$/, " and $1");
  const read = named("document");
  const limit = `over ${sizeText(maxBodyBytes)}, as sent or decompressed, or in an encoding that cannot be undone`;
  const lines: string[] = [];
  if (read.length > 0) {
    lines.push(`bodies of ${all(read)} that are not what they say, or nested too deeply`);
    lines.push(`the same bodies ${limit}`);
  }
  if (named("whole").length > 0 && isReadWhole(policy)) lines.push(`bodies ${limit}`);
  if (named("untyped").length > 0)
    lines.push("bodies without a type, unless they are text in which nothing is found");
  const blind = named("refuse");
  if (blind.length > 0) lines.push(`bodies of ${all(blind)}: nobody can look into them`);
  lines.push("heads that become too long");
  const passed = named("pass");
  if (passed.length > 0) lines.push(`(bodies of ${all(passed)} pass as they came)`);
  return lines;
}

/** A stand-in for the whole body is made of the body, unless it is a fixed text or nothing. */
function isReadWhole({ rules }: RedactionPolicy): boolean {
  const kind = rules.find(({ subject }) => subject.kind === "body")?.action.kind;
  return kind !== "remove" && kind !== "replace";
}

function durationText(ms: number): string {
  const units = [
    [3_600_000, "h"],
    [60_000, "min"],
    [1000, "s"],
    [1, "ms"],
  ] as const;
  const [unit, name] = units.find(([one]) => ms % one === 0) ?? [1, "ms"];
  return `${ms / unit} ${name}`;
}

function allowedText(allowed: AllowedTarget): string {
  if (allowed.kind === "network") return cidrText(allowed.cidr);
  return allowed.kind === "host" ? allowed.name : `*.${allowed.name}`;
}

/** What holds for all rules, as sentences: the key, and what keeps the run from doing harm. Empty when nothing was said. */
export function guardLines({ guard, redactionKeyFile }: RunConfig): string[] {
  const { allowTargets, ttlMs, stopFile, user } = guard;
  const lines: string[] = [];
  if (redactionKeyFile !== undefined)
    lines.push(`Stand-ins are made with the key in ${redactionKeyFile}.`);
  if (allowTargets !== undefined)
    lines.push(`Targets may only be ${allowTargets.map(allowedText).join(", ")}.`);
  if (ttlMs !== undefined) lines.push(`It ends by itself after ${durationText(ttlMs)}.`);
  if (stopFile !== undefined) lines.push(`It ends as soon as ${stopFile} is there.`);
  if (user !== undefined) lines.push(`Traffic is read as user ${user}.`);
  return lines;
}
