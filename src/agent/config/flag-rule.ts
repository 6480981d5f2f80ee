import { ShadowtapError } from "../../model/errors.ts";
import {
  parseDuration,
  parseHeader,
  parseHeaderName,
  parseHost,
  parseInteger,
  parseMethods,
  parseNumber,
  parsePath,
  parsePercent,
  parsePorts,
  parseSize,
  parseTarget,
  usage,
} from "../flag-values.ts";
import { parseRedactFlags } from "./flag-redaction.ts";
import { LIMITS } from "./limits.ts";
import { given, LINES, list, type RawFlags, text, WORDS } from "./raw-flags.ts";
import {
  parseExecutable,
  parseFraction,
  parseHeaderTest,
  parseNetwork,
  parsePrefix,
  parseRamp,
  parseRampGuard,
  parseSampleBy,
  parseUser,
} from "./rule-values.ts";
import type { FromDocument, MirrorDocument, TargetDocument } from "./schema.ts";
import type { MatchDocument } from "./schema-match.ts";

/** The one rule that flags make, as it would be written in a rules file. All of it throws ST_USAGE or ST_TARGET_INVALID. */

/** What flags call the rule that they make. */
const FLAG_RULE = "mirror";

function origin(flags: RawFlags): FromDocument {
  const listed = <K extends string, T>(
    key: K,
    flag: string,
    separator: RegExp,
    parse: (value: string) => T,
  ) => {
    const values = list(flags, flag, separator).map(parse);
    return (values.length === 0 ? {} : { [key]: values }) as { [P in K]?: T[] };
  };
  const ports = list(flags, "port", WORDS).map(parsePorts);
  if (ports.length === 0)
    throw usage("--port is required.", "Write --port 8080, --port 8080,8081 or --port 8000-8010.");
  return {
    ports: ports.map(({ first, last }) => (first === last ? first : `${first}-${last}`)),
    ...listed("local", "local", WORDS, (value) => parseNetwork("--local", value)),
    ...listed("remote", "remote", WORDS, (value) => parseNetwork("--remote", value)),
    ...listed("users", "uid", WORDS, parseUser),
    ...listed("pids", "pid", WORDS, (value) => parseInteger("--pid", value, ...LIMITS.pid)),
    ...listed("executables", "exe", LINES, parseExecutable),
  };
}

function match(flags: RawFlags): { match?: MatchDocument } {
  const path = text(flags, "path");
  const headers = list(flags, "header", LINES).map(parseHeaderTest);
  const parts: MatchDocument = {
    ...(path === undefined || parsePath(path) === "*"
      ? {}
      : { path: { type: "Glob", value: path } }),
    ...(headers.length === 0 ? {} : { headers }),
    ...given("prefix", text(flags, "prefix"), parsePrefix),
  };
  return Object.keys(parts).length === 0 ? {} : { match: parts };
}

function share(flags: RawFlags): Pick<MirrorDocument, "percent" | "fraction" | "ramp"> {
  const names = ["percent", "fraction", "ramp"].filter((name) => text(flags, name) !== undefined);
  if (names.length > 1)
    throw usage(
      `${names.map((name) => `--${name}`).join(" and ")} exclude each other.`,
      "Keep one of them: each says which share is mirrored.",
    );
  const guard = text(flags, "ramp-guard");
  const ramp = text(flags, "ramp");
  if (guard !== undefined && ramp === undefined)
    throw usage(
      "--ramp-guard has no meaning without --ramp.",
      "Write --ramp 1%..50%/10m for a share that rises.",
    );
  return {
    ...given("percent", text(flags, "percent"), (value) => parsePercent("--percent", value)),
    ...given("fraction", text(flags, "fraction"), parseFraction),
    ...given("ramp", ramp, (value) => ({
      ...parseRamp(value),
      ...given("guard", guard, parseRampGuard),
    })),
  };
}

/** Every `--to`, with the flags that say how copies are made: the same for all of them. */
export function parseTargetFlags(flags: RawFlags): TargetDocument[] {
  const urls = list(flags, "to", /\s+/);
  const names = new Set<string>();
  for (const url of urls) {
    const { name } = parseTarget(url);
    if (names.has(name))
      throw new ShadowtapError("ST_TARGET_INVALID", `--to ${name} is given twice.`, [
        "Give each target once: it would get every request twice.",
      ]);
    names.add(name);
  }
  const ca = text(flags, "ca");
  const insecure = flags["insecure"] === true;
  if (ca !== undefined && insecure)
    throw usage(
      "--ca and --insecure exclude each other.",
      "Leave --insecure out to have certificates checked against the file.",
    );
  const setHeaders = list(flags, "set-header", LINES).map(parseHeader);
  const options: Omit<TargetDocument, "url"> = {
    ...given("timeout", text(flags, "timeout"), (value) => {
      parseDuration("--timeout", value, ...LIMITS.timeoutMs);
      return value;
    }),
    ...given("host", text(flags, "host"), (value) => {
      parseHost(value);
      return value;
    }),
    ...(setHeaders.length === 0
      ? {}
      : { setHeaders: setHeaders.map(([name, value]) => ({ name, value })) }),
    removeHeaders: list(flags, "remove-header", WORDS).map(parseHeaderName),
    ...given("pipeline", text(flags, "pipeline"), (value) =>
      parseInteger("--pipeline", value, ...LIMITS.pipeline),
    ),
    ...(ca === undefined ? {} : { ca }),
    insecure,
  };
  return urls.map((url) => ({ url, ...options }));
}

/** The rule that the flags of `mirror` and `plan` make. */
export function parseRuleFlags(flags: RawFlags): MirrorDocument {
  return {
    name: FLAG_RULE,
    from: origin(flags),
    ...match(flags),
    ...given("allowMethods", text(flags, "allow-methods"), parseMethods),
    ...share(flags),
    ...given("sampleBy", text(flags, "sample-by"), parseSampleBy),
    ...given("maxRps", text(flags, "max-rps"), (value) =>
      parseNumber("--max-rps", value, ...LIMITS.requestsPerSecond),
    ),
    ...given("maxBytesPerSecond", text(flags, "max-bandwidth"), (value) => {
      parseSize("--max-bandwidth", value, ...LIMITS.bytesPerSecond);
      return value;
    }),
    ...given("maxInFlight", text(flags, "max-in-flight"), (value) =>
      parseInteger("--max-in-flight", value, ...LIMITS.inFlight),
    ),
    ...given("count", text(flags, "count"), (value) =>
      parseInteger("--count", value, ...LIMITS.count),
    ),
    ...parseRedactFlags(flags),
    to: parseTargetFlags(flags),
  };
}
