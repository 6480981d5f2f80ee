import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { codeOf, ShadowtapError } from "../model/errors.ts";
import { decodedCaptureJson, formatDecodedCapture } from "../report/decoded-capture.ts";
import { createDecodedFormatter } from "../report/decoded-line.ts";
import { detectStyle } from "../report/style.ts";
import type { DecodeCaptureOptions } from "./decode-capture/options.ts";
import { createTextOutput } from "./decode-capture/output.ts";
import { type CaptureSession, createCaptureSession } from "./decode-capture/session.ts";
import { noticeText } from "./notices.ts";
import { createStopSignal } from "./stop-signal.ts";

const CHUNK_BYTES = 256 * 1024;
/** Servers that something is said about; a capture of a whole network must not flood the terminal. */
const MAX_NOTICES = 100;

function open(file: string): Readable {
  return file === "-" ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
}

function unreadable(file: string, cause: unknown): ShadowtapError {
  const what = file === "-" ? "stdin" : `The capture ${file}`;
  return new ShadowtapError(
    "ST_FILE_UNREADABLE",
    `${what} cannot be read (${codeOf(cause)}).`,
    ["Check the path and its permissions.", "Write - to read from stdin."],
    cause,
  );
}

/** Reads the input to its end, or until nobody wants more of it. Rejects with ShadowtapError. */
async function readAll(
  file: string,
  session: CaptureSession,
  isWanted: () => Promise<boolean>,
  input: Readable,
): Promise<void> {
  try {
    for await (const chunk of input) {
      session.push(chunk as Uint8Array);
      if (!(await isWanted())) return;
    }
  } catch (error) {
    throw error instanceof ShadowtapError ? error : unreadable(file, error);
  }
  session.end();
}

/**
 * Reads a capture file and tells of its requests, then of what was read, refused and lost: for people on stderr, as the last
 * line of JSON on stdout. Of a damaged file what comes before the damage is told; then it rejects with ShadowtapError.
 */
export async function decodeCapture(options: DecodeCaptureOptions): Promise<void> {
  const { file, ports, output } = options;
  const isJson = output === "json";
  const out = createTextOutput(process.stdout);
  const format = createDecodedFormatter(output, detectStyle(process.stdout, process.env));
  const said = new Set<string>();
  const session = createCaptureSession(
    ports,
    (request) => out.add(format(request)),
    (kind, server) => {
      const line = noticeText(kind, server);
      if (said.has(line) || said.size === MAX_NOTICES) return;
      said.add(line);
      process.stderr.write(`${line}\n`);
    },
  );
  const stop = createStopSignal(true);
  const input = open(file);
  let isStopped = false;
  void stop.asked.then(() => {
    isStopped = true;
    input.destroy();
  });
  try {
    await readAll(file, session, async () => (await out.flush()) && !isStopped, input);
  } catch (error) {
    // What is destroyed while it is read fails; that was asked for.
    if (!isStopped) throw error;
  } finally {
    input.destroy();
    stop.dispose();
    session.close();
    const result = session.result();
    const isCapture = result.format !== undefined;
    if (isJson && isCapture) out.add(decodedCaptureJson(result));
    await out.flush();
    if (!isJson && isCapture)
      process.stderr.write(formatDecodedCapture(result, detectStyle(process.stderr, process.env)));
  }
}
