import type { ControlRequest } from "../../model/control.ts";
import { askRun } from "./ask-run.ts";

/** Tells a run to do something, and prints on stdout what it says it did. */
export async function tellRun(socket: string | undefined, request: ControlRequest): Promise<void> {
  const { message } = await askRun(socket, request);
  if (message !== undefined) process.stdout.write(`${message}\n`);
}
