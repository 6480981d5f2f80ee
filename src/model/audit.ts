import type { Asker } from "./control.ts";

/**
 * The audit trail: who mirrored what, under which rules, and what came of it. One JSON object a line, each with the SHA-256 of the
 * line before; docs/audit.md is the specification. Members are written as here. It holds nothing of any request.
 */

/** Who caused a change. */
export type AuditCause =
  | ({ readonly kind: "admin" } & Partial<Asker>)
  | { readonly kind: "signal"; readonly signal: string }
  | { readonly kind: "file_watch" | "ramp" | "governor" };

/** The rules in force, without the values of headers that are set, and of what proves who somebody is. */
export interface AuditRules {
  /** The effective configuration as JSON. */
  readonly rules: { readonly text: string; readonly sha256: string };
  readonly policies: readonly { readonly rule: string; readonly policy: string }[];
  readonly targets: readonly { readonly name: string; readonly url: string }[];
}

/** Who started a run, where, and from what. */
export interface AuditOrigin {
  readonly who: {
    readonly uid: number;
    /** Of the session, which sudo does not change; null where nobody has logged in. */
    readonly login_uid: number | null;
    readonly login_user: string | null;
    readonly sudo_user: string | null;
    readonly parent: { readonly pid: number; readonly name: string | null };
  };
  readonly process: {
    readonly pid: number;
    /** Clock ticks from the boot to its start: with the boot id, no other process has the same. */
    readonly started_ticks: number;
  };
  readonly binary: {
    readonly path: string;
    readonly version: string;
    readonly sha256: string;
    readonly node: string;
  };
  readonly command: readonly string[];
  readonly host: { readonly name: string; readonly boot_id: string };
}

export type AuditChange =
  | ({ readonly what: "rules"; readonly file: string } & AuditRules)
  | {
      readonly what: "share";
      readonly rule: string;
      readonly share: number;
      readonly reason: string | null;
    }
  | { readonly what: "pause" | "resume"; readonly target: string }
  | { readonly what: "redaction_key" }
  /** The share of requests that the kernel lets through, as it begins to be held down, and when it no longer is. */
  | { readonly what: "admitted"; readonly share: number };

/** What was asked for and did not happen. */
export interface AuditRefusal {
  readonly what: "rules" | "share" | "pause" | "resume";
  /** The rule, target or file that it was about. */
  readonly subject: string;
  readonly code: string;
  readonly message: string;
}

/** Why a run ended. */
export type StopCause =
  | { readonly kind: "signal"; readonly signal: string }
  | ({ readonly kind: "admin" } & Partial<Asker>)
  | { readonly kind: "duration" | "ttl" | "stop_file" | "count" | "stdout_closed" }
  | { readonly kind: "error"; readonly code: string; readonly message: string };

export type AuditEvent =
  | ({ readonly event: "start" } & AuditOrigin & AuditRules)
  | { readonly event: "change"; readonly by: AuditCause; readonly change: AuditChange }
  | { readonly event: "refused"; readonly by: AuditCause; readonly refusal: AuditRefusal }
  /** `ledger` as the summary has it; null when the run failed before it had one. */
  | { readonly event: "stop"; readonly why: StopCause; readonly ledger: object | null }
  /** Lines before this one that were cut off while they were written: how long they are together, and their hash. */
  | { readonly event: "torn"; readonly bytes: number; readonly sha256: string }
  /** Nothing could be written since then. `late` entries follow, with the times of what they tell; others were given up. */
  | {
      readonly event: "gap";
      readonly since: string;
      readonly code: string;
      readonly late: number;
      readonly dropped: number;
    };

export const AUDIT_EVENTS: readonly AuditEvent["event"][] = [
  "start",
  "change",
  "refused",
  "stop",
  "torn",
  "gap",
];

/** What one line tells, before it has its place in the chain. */
export type AuditEntry = { readonly time: string; readonly run: string } & AuditEvent;

/**
 * What is wrong with a trail. `changed`: a line is not what its hash says. `replaced`: the line after it followed another one.
 * `removed`: entries are missing before the line. `inserted`: the line does not belong there. `reordered`: it stands at another place.
 * `cut`: the last line has no end. `truncated`: the entry of `--last` is missing.
 */
export type AuditDefectKind =
  | "changed"
  | "replaced"
  | "removed"
  | "inserted"
  | "reordered"
  | "cut"
  | "truncated";

export interface AuditDefect {
  readonly kind: AuditDefectKind;
  readonly file: string;
  /** From 1; undefined for what is missing at the end. */
  readonly line: number | undefined;
  /** A sentence. */
  readonly message: string;
}

/** How a run of a trail ended: `open` when it has no end and it cannot be told from here whether it still runs. */
export type AuditRunEnd = "stopped" | "running" | "killed" | "open";

export interface AuditRun {
  readonly run: string;
  readonly startedAt: string;
  readonly endedAt: string | undefined;
  readonly end: AuditRunEnd;
  /** For people: `signal SIGTERM`, `error ST_…`. */
  readonly why: string | undefined;
  /** For people: `uid 0, login anna`. */
  readonly who: string;
  readonly version: string;
  readonly changes: number;
  readonly refused: number;
}

/** What `shadowtap audit verify` found. */
export interface AuditReport {
  readonly files: readonly string[];
  readonly entries: number;
  readonly firstAt: string | undefined;
  readonly lastAt: string | undefined;
  /** Hash of the last entry. */
  readonly head: string | undefined;
  readonly runs: readonly AuditRun[];
  readonly defects: readonly AuditDefect[];
  /** Lines that were cut off, and set aside by an entry. */
  readonly torn: number;
  /** Times when nothing could be written. */
  readonly gaps: number;
}
