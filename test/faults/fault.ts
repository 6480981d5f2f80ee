import { ADDRESS, type Lab } from "../lab/lab.ts";
import type { Mirror, MirrorResult } from "../lab/mirror.ts";
import { type Nginx, startNginx } from "../lab/nginx.ts";
import { LIVE_PORT, type LoadReport } from "./live-load.ts";

/** One thing that goes wrong, and what is expected of shadowtap then. What is expected of the live service is always the same. */
export interface Fault {
  readonly name: string;
  readonly expect: Expectation;
  /** Why this machine cannot be asked; undefined where it can. */
  readonly unless?: () => string | undefined;
  /** Sets the stage in a fresh lab, before shadowtap starts. */
  stage(lab: Lab): Promise<Stage>;
}

interface Expectation {
  /** The exit code; null: it is killed. */
  readonly code: number | null;
  /**
   * - `whole`: the ledger balances, and every live request is in it;
   * - `balances`: it balances, and requests came when shadowtap was not there any more, or was made not to see them;
   * - `none`: nobody is left who could write it.
   */
  readonly ledger: "whole" | "balances" | "none";
  /** Further arguments, such as a hook. */
  readonly args?: readonly string[];
}

/** A fault that is about to happen. */
export interface Stage {
  /** How shadowtap is started; as `mirrorArgs` unless told. */
  readonly args?: readonly string[];
  readonly command?: "mirror" | "run";
  /** A command that runs it, such as one that limits it. */
  readonly through?: readonly string[];
  /** Requests to mirrored ports beside the load, which the ledger has as well. */
  readonly otherRequests?: number;
  /** Makes it happen while the live service is under load. The load goes on for a while, and then shadowtap is told to end. */
  inject(mirror: Mirror): Promise<unknown>;
  /** Throws when the outcome is not what it should be, beyond what is checked of every fault. */
  check?(end: End): unknown;
  /** Puts back what lies outside the lab, when everything has been looked at. */
  clear?(): Promise<unknown>;
}

/** How it ended. */
export interface End {
  readonly load: LoadReport;
  readonly stderr: string;
  /** Throws where the ledger is gone. */
  result(): MirrorResult;
}

/** Where copies go: the shadow's own machine. */
export const TARGET = `http://${ADDRESS.shadow.v4}:${LIVE_PORT}`;
/** How long a copy may take: short, so that what is under way at the end is soon decided. */
const LIMITS = ["--allow-methods", "all", "--timeout", "1s"];

export function mirrorArgs(target: string = TARGET): readonly string[] {
  return ["--port", String(LIVE_PORT), "--to", target, ...LIMITS];
}

/** A shadow without fault. */
export function startShadow(lab: Lab, port: number = LIVE_PORT): Promise<Nginx> {
  return startNginx(lab, lab.shadow, { port, location: "return 200 ok;", log: false });
}
