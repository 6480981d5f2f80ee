import { createHash } from "node:crypto";
import { AUDIT_EVENTS, type AuditEntry, type AuditEvent } from "../../model/audit.ts";

/** `prev` of the first entry of a chain. */
export const NO_PREV = "0".repeat(64);

/** Where an entry stands. */
export interface AuditLink {
  readonly seq: number;
  readonly prev: string;
}

/** An entry as it was read. Whoever wrote it may have written anything: `data` is to be looked at with care. */
export interface ReadEntry extends AuditLink {
  readonly time: string;
  readonly run: string;
  readonly event: AuditEvent["event"];
  readonly data: Readonly<Record<string, unknown>>;
}

/** A line as it was read. `partial`: it does not end as entries do. `changed`: it does, and is not what its hash says. */
export type ReadLine =
  | ({ readonly kind: "entry"; readonly hash: string } & ReadEntry)
  | { readonly kind: "changed"; readonly hash: string }
  | { readonly kind: "partial" };

const LINE_END = /^,"hash":"([0-9a-f]{64})"\}$/;
const LINE_END_BYTES = `,"hash":"${NO_PREV}"}`.length;
const HASH = /^[0-9a-f]{64}$/;

export function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * The line of an entry, without its line feed. Its hash is that of the line itself with `,"hash":"…"` left out: the bytes as they
 * stand, so that nothing needs to be parsed, sorted or written anew to check it.
 */
export function sealEntry(
  { seq, prev }: AuditLink,
  entry: AuditEntry,
): { readonly line: string; readonly hash: string } {
  const { time, run, event, ...data } = entry;
  const rest = JSON.stringify({ seq, time, run, event, ...data, prev });
  const hash = sha256(rest);
  return { line: `${rest.slice(0, -1)},"hash":"${hash}"}`, hash };
}

/** Reads one line, without its line feed. */
export function readLine(line: Buffer): ReadLine {
  const at = Math.max(0, line.length - LINE_END_BYTES);
  const hash = LINE_END.exec(line.toString("latin1", at))?.[1];
  if (hash === undefined) return { kind: "partial" };
  const rest = Buffer.concat([line.subarray(0, at), Buffer.from("}")]);
  const parsed = sha256(rest) === hash ? parse(rest) : undefined;
  return parsed === undefined ? { kind: "changed", hash } : { kind: "entry", hash, ...parsed };
}

/** Undefined for what is no entry, whoever gave it a right hash. */
function parse(rest: Buffer): ReadEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(rest.toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { seq, time, run, event, prev, ...data } = value as Readonly<Record<string, unknown>>;
  const known = AUDIT_EVENTS.find((name) => name === event);
  if (!Number.isSafeInteger(seq) || typeof prev !== "string" || !HASH.test(prev)) return undefined;
  if (typeof time !== "string" || typeof run !== "string" || known === undefined) return undefined;
  return { seq: Number(seq), time, run, event: known, data, prev };
}
