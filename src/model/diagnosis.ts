/** How one check of `shadowtap doctor` ended. `unknown`: it could not be made, for want of a permission or a tool. */
export type CheckResult = "ok" | "warning" | "error" | "unknown";

/** One thing that `shadowtap doctor` looked at. */
export interface Check {
  /** Heading that the check is listed under, such as `kernel`. */
  readonly category: string;
  readonly name: string;
  readonly result: CheckResult;
  /** What was found, as a sentence or a value. */
  readonly detail: string;
  /** What to do about it, as a sentence. */
  readonly hint?: string;
  /** The error is a missing permission: the command then ends with exit code 77 instead of 69. */
  readonly permission?: boolean;
}

/** Everything that was checked, in the order to be shown; checks of one category follow each other. */
export interface Diagnosis {
  readonly checks: readonly Check[];
}
