import { writeFileSync } from "node:fs";
import { codeOf, ShadowtapError } from "../../model/errors.ts";
import { API_VERSION } from "../../model/output.ts";
import { readInputBytes } from "../config/input-file.ts";
import type { Secret } from "./secret.ts";

/** What was planted, as it is kept for the check. */
export interface Planting {
  /** Stands in every planted request and is no secret: it tells that the requests have come through at all. */
  readonly marker: string;
  readonly secrets: readonly Secret[];
}

/** Many times what `plant` writes. */
const MAX_FILE_BYTES = 1024 * 1024;
/** A shorter text would be found by chance. */
const MIN_SECRET_CHARS = 8;
/** A longer one might lie across more of a file than is looked at in one piece. */
const MAX_SECRET_CHARS = 512;

/** Writes a new file that only its owner can read. Throws ST_FILE_UNWRITABLE, also when there is one: its secrets may still be looked for. */
export function writeSecretsFile(path: string, planting: Planting): void {
  const document = { apiVersion: API_VERSION, kind: "CanarySecrets", ...planting };
  try {
    writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    const exists = codeOf(cause) === "EEXIST";
    throw new ShadowtapError(
      "ST_FILE_UNWRITABLE",
      exists
        ? `--secrets ${path} is there already: what was planted before would be forgotten.`
        : `--secrets ${path} cannot be written (${codeOf(cause)}).`,
      exists
        ? [
            "Name another file, or remove this one when its secrets need not be looked for any more.",
          ]
        : ["Name a file in a directory that exists and that this user may write to."],
      cause,
    );
  }
}

/** Reads what `plant` has written, or a file of the same form with more secrets. Throws ST_FILE_UNREADABLE. */
export function readSecretsFile(path: string): Planting {
  const bytes = readInputBytes("The secrets file", path, MAX_FILE_BYTES);
  const planting = bytes.length > MAX_FILE_BYTES ? undefined : parsePlanting(bytes);
  if (planting !== undefined) return planting;
  throw new ShadowtapError("ST_FILE_UNREADABLE", `${path} is not a file of planted secrets.`, [
    "Name the file that `shadowtap canary plant --secrets` has written.",
  ]);
}

function parsePlanting(bytes: Uint8Array): Planting | undefined {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
  if (!isRecord(document) || document["kind"] !== "CanarySecrets") return undefined;
  const { marker, secrets } = document;
  if (typeof marker !== "string" || !isLong(marker) || !Array.isArray(secrets)) return undefined;
  return secrets.length > 0 && secrets.every(isSecret) ? { marker, secrets } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isLong({ length }: string): boolean {
  return length >= MIN_SECRET_CHARS && length <= MAX_SECRET_CHARS;
}

/** Visible ASCII without blanks: what is looked for in every encoding. */
function isSecret(value: unknown): value is Secret {
  if (!isRecord(value)) return false;
  const { place, value: text } = value;
  return (
    typeof place === "string" &&
    typeof text === "string" &&
    isLong(text) &&
    /^[\x21-\x7e]+$/.test(text)
  );
}
