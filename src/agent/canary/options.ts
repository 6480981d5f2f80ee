import { type RawFlags, text } from "../config/raw-flags.ts";
import { readTargetUrl } from "../config/target-url.ts";
import { parseChoice, parseMethods, quoted, usage } from "../flag-values.ts";
import { CHECK_KINDS, type CheckOptions } from "./check.ts";
import type { PlantOptions } from "./plant.ts";
import { plantsFor } from "./plants.ts";

export const DEFAULT_SECRETS_FILE = "canary-secrets.json";
export const DEFAULT_METHODS = "GET";

/** Throws ST_USAGE. */
export function parsePlantOptions(flags: RawFlags): PlantOptions {
  const url = text(flags, "url") ?? "";
  const service = readTargetUrl(url);
  if ("why" in service)
    throw usage(
      `--url ${quoted(service.text)} ${service.why}.`,
      "Write --url http://127.0.0.1:8080, or with a path behind it that the service knows.",
    );
  const given = text(flags, "allow-methods") ?? DEFAULT_METHODS;
  const methods = parseMethods(given);
  if (plantsFor(methods).length === 0)
    throw usage(
      `--allow-methods ${quoted(given)} leaves nothing to plant: GET and POST are what is sent.`,
      "Write --allow-methods GET,POST to plant in heads and in bodies.",
    );
  return { service, methods, secretsFile: text(flags, "secrets") ?? DEFAULT_SECRETS_FILE };
}

/** Throws ST_USAGE. */
export function parseCheckOptions(outputs: readonly string[], flags: RawFlags): CheckOptions {
  return {
    outputs,
    secretsFile: text(flags, "secrets") ?? DEFAULT_SECRETS_FILE,
    output: parseChoice("--output", text(flags, "output") ?? CHECK_KINDS[0], CHECK_KINDS),
  };
}
