import type { RunStatus } from "./status.ts";

/**
 * What a command asks of a running shadowtap over its admin socket: one JSON object a line, one answer a line. A connection may ask several
 * times.
 */
export type ControlRequest =
  | { readonly kind: "status" }
  | { readonly kind: "pause" | "resume"; readonly target: string }
  /** A fixed share, 0 … 1; ends the rule's ramp. */
  | { readonly kind: "set_share"; readonly rule: string; readonly share: number }
  | { readonly kind: "reload" }
  | { readonly kind: "stop" };

export type ControlAnswer =
  | { readonly ok: true; readonly status?: RunStatus; readonly message?: string }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly hints: readonly string[];
    };

/** Who asks, as the kernel knows the other end of the socket. */
export interface Asker {
  readonly uid: number;
  readonly pid: number;
}

/** What a run does when it is asked; `Error`s become answers that are not ok. `by` is for the record. */
export interface Controlled {
  status(): RunStatus;
  pause(target: string, paused: boolean, by?: Asker): string;
  setShare(rule: string, share: number, by?: Asker): string;
  reload(by?: Asker): Promise<string>;
  stop(by?: Asker): string;
}
