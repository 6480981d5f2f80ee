import type { ControlAnswer, ControlRequest } from "../../model/control.ts";
import { ERRORS, type ErrorCode, ShadowtapError } from "../../model/errors.ts";
import type { RunStatus } from "../../model/status.ts";
import { exchange } from "./exchange.ts";
import { findRun, unreachable } from "./find-run.ts";
import { CONTROL_DIRECTORY } from "./socket-path.ts";

type Done = Extract<ControlAnswer, { readonly ok: true }>;

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** The socket that is meant: the one that was named, else that of the one run there is. */
export function socketOf(
  socket: string | undefined,
  directory = CONTROL_DIRECTORY,
): Promise<string> {
  return socket === undefined ? findRun(directory) : Promise.resolve(socket);
}

/**
 * Asks a run something: the one whose socket is named, else the only one. Rejects with ST_NOT_RUNNING, ST_RUN_UNKNOWN, ST_PERMISSION,
 * or with the error that the run answers.
 */
export async function askRun(
  socket: string | undefined,
  request: ControlRequest,
  directory = CONTROL_DIRECTORY,
): Promise<Done> {
  const path = await socketOf(socket, directory);
  let answer: ControlAnswer;
  try {
    answer = await exchange(path, request);
  } catch (cause) {
    throw unreachable(path, cause);
  }
  if (answer.ok) return answer;
  if (isErrorCode(answer.code)) throw new ShadowtapError(answer.code, answer.message, answer.hints);
  throw new Error(answer.message);
}

/** What a run says of itself. */
export async function askStatus(
  socket: string | undefined,
  directory = CONTROL_DIRECTORY,
): Promise<RunStatus> {
  const { status } = await askRun(socket, { kind: "status" }, directory);
  if (status === undefined) throw new Error("The run has answered without its status.");
  return status;
}
