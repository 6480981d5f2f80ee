import { NO_PREV, sealEntry } from "../../../src/agent/audit/chain.ts";
import type { Machine } from "../../../src/agent/audit/runs.ts";
import type { AuditEntry, AuditOrigin, AuditRules } from "../../../src/model/audit.ts";

export const ORIGIN: AuditOrigin & AuditRules = {
  who: {
    uid: 0,
    login_uid: 1000,
    login_user: "anna",
    sudo_user: "anna",
    parent: { pid: 41, name: "bash" },
  },
  process: { pid: 42, started_ticks: 4242 },
  binary: { path: "/opt/shadowtap", version: "0.1.0", sha256: "ab", node: "v22.0.0" },
  command: ["shadowtap", "mirror"],
  host: { name: "node-7", boot_id: "b1" },
  rules: { text: "{}", sha256: "cd" },
  policies: [{ rule: "mirror", policy: "0123456789abcdef" }],
  targets: [{ name: "shadow", url: "http://10.0.0.9" }],
};

/** Where nothing runs. */
export const ELSEWHERE: Machine = {
  name: "elsewhere",
  bootId: "b0",
  startedTicks: () => undefined,
};

export const timeOf = (second: number) => new Date(1_700_000_000_000 + second * 1000).toISOString();

/** The `index`-th entry of a run: a start, then changes; `isLast`: a stop. */
export function entryOf(run: string, index: number, isLast = false): AuditEntry {
  const head = { time: timeOf(index), run };
  if (index === 0) return { ...head, event: "start", ...ORIGIN };
  if (isLast)
    return { ...head, event: "stop", why: { kind: "signal", signal: "SIGTERM" }, ledger: {} };
  const change = { what: "share", rule: `a${index}`, share: 1 / index, reason: null } as const;
  return { ...head, event: "change", by: { kind: "admin", uid: 0, pid: index }, change };
}

/** A whole chain of these entries, by line. */
export function chainOf(entries: readonly AuditEntry[]): string[] {
  let link = { seq: 1, prev: NO_PREV };
  return entries.map((entry) => {
    const { line, hash } = sealEntry(link, entry);
    link = { seq: link.seq + 1, prev: hash };
    return line;
  });
}

/** One run of so many entries. */
export function runOf(length: number, run = "r1"): string[] {
  return chainOf(
    Array.from({ length }, (_, index) => entryOf(run, index, index === length - 1 && index > 0)),
  );
}

export function hashOf(line: string | undefined): string {
  return /"hash":"([0-9a-f]{64})"\}$/.exec(line ?? "")?.[1] ?? "";
}
