/**
 * Operational failures that end a command. One table: code, exit code (sysexits where one fits) and what to do. Each code
 * has a section in docs/errors.md; a test holds the table and the page together.
 */
export const ERRORS = {
  ST_USAGE: { exitCode: 64 },
  ST_RUN_UNKNOWN: { exitCode: 64 },
  ST_INTERFACE_UNKNOWN: { exitCode: 64 },
  ST_SCOPE_UNKNOWN: { exitCode: 64 },
  ST_TARGET_INVALID: { exitCode: 64 },
  ST_TARGET_IS_LIVE: { exitCode: 64 },
  ST_TARGET_REFUSED: { exitCode: 64 },
  ST_FILE_UNREADABLE: { exitCode: 65 },
  ST_CAPTURE_UNREADABLE: { exitCode: 65 },
  ST_KERNEL_UNSUPPORTED: { exitCode: 69 },
  ST_LIBBPF_MISSING: { exitCode: 69 },
  ST_PROGRAM_MISSING: { exitCode: 69 },
  ST_NODE_TOO_OLD: { exitCode: 69 },
  ST_TARGET_UNREACHABLE: { exitCode: 69 },
  ST_PROGRAM_REFUSED: { exitCode: 69 },
  ST_ATTACH_FAILED: { exitCode: 69 },
  ST_LAYOUT_MISMATCH: { exitCode: 69 },
  ST_AUDIT_BROKEN: { exitCode: 65 },
  ST_AUDIT_EXPOSED: { exitCode: 73 },
  ST_FILE_UNWRITABLE: { exitCode: 73 },
  ST_PERMISSION: { exitCode: 77 },
  ST_CONFIG_INVALID: { exitCode: 78 },
  ST_NOT_RUNNING: { exitCode: 69 },
  ST_OWNER_UNKNOWABLE: { exitCode: 69 },
  ST_PAYLOAD_PROCESS_DIED: { exitCode: 1 },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** The one error class: what happened (message), why (cause), what to do next (hints). */
export class ShadowtapError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: number;
  /** What to do next, most likely first; each a sentence. */
  readonly hints: readonly string[];

  constructor(code: ErrorCode, message: string, hints: readonly string[], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ShadowtapError";
    this.code = code;
    this.exitCode = ERRORS[code].exitCode;
    this.hints = hints;
  }
}

/** The code of a system error (`ECONNREFUSED`), or what else the error says of itself. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
