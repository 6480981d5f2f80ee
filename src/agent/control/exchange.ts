import type { ControlAnswer, ControlRequest } from "../../model/control.ts";
import { connectTo } from "./socket-path.ts";

/** A reload may have to resolve names and to reach targets. */
const ANSWER_TIMEOUT_MS = 60_000;
/** No answer is longer: 64 rules and their targets are some 100 KiB. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Why there is no answer, with a code as system errors have one. */
function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function isStatus(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { pid, rules, targets, capture, selection, governor, listeners, attachments } =
    value as Readonly<Record<string, unknown>>;
  return (
    typeof pid === "number" &&
    [rules, targets, listeners, attachments].every(Array.isArray) &&
    [capture, selection, governor].every((one) => typeof one === "object" && one !== null)
  );
}

function parseAnswer(line: string): ControlAnswer {
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null || !("ok" in value))
    throw fault("EPROTO", "The answer is not one of shadowtap's admin socket.");
  if ("status" in value && !isStatus(value.status))
    throw fault("EPROTO", "The answer is that of another version of shadowtap.");
  return value as ControlAnswer;
}

/** Asks once and returns the answer as it is. Rejects with a system error when nobody answers, EPROTO when it is no answer. */
export async function exchange(
  path: string,
  request: ControlRequest,
  timeoutMs = ANSWER_TIMEOUT_MS,
): Promise<ControlAnswer> {
  const socket = await connectTo(path);
  socket.setTimeout(timeoutMs, () => socket.destroy(fault("ETIMEDOUT", "There was no answer.")));
  socket.on("error", () => {});
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (chunk.includes(0x0a)) {
        const [line = ""] = Buffer.concat(chunks).toString("utf8").split("\n", 1);
        return parseAnswer(line);
      }
      if (bytes > MAX_ANSWER_BYTES) throw fault("EMSGSIZE", "The answer has no end.");
    }
    throw fault("ECONNRESET", "The run ended before it answered.");
  } catch (cause) {
    if (cause instanceof SyntaxError) throw fault("EPROTO", "The answer is not JSON.");
    throw cause;
  } finally {
    socket.destroy();
  }
}
