import { ChunkedBody } from "../decode/http1/chunked-body.ts";
import { HeadCode, RequestHead, reasonOf } from "../decode/http1/request-head.ts";
import { ShadowtapError } from "../model/errors.ts";
import type { RedactionPolicy } from "../model/redaction.ts";
import type { RequestView } from "../model/request.ts";
import { type Explanation, explainRedaction } from "../redact/explain.ts";
import { formatExplanation } from "../report/redaction-text.ts";
import { detectStyle } from "../report/style.ts";
import { readInputBytes } from "./config/input-file.ts";
import { parseRedactionFlags } from "./config/parse-redaction.ts";
import { type RawFlags, text } from "./config/raw-flags.ts";
import { quoted, usage } from "./flag-values.ts";
import { readRedactionKey } from "./redaction-key.ts";

/** Everything that `shadowtap redact` is told. */
export interface RedactSampleOptions {
  /** `-` for stdin. */
  readonly file: string;
  readonly policy: RedactionPolicy;
  readonly keyFile: string | undefined;
  /** The sample is a body of this type; undefined: it is a whole request. */
  readonly contentType: string | undefined;
  readonly explain: boolean;
}

const MAX_SAMPLE_BYTES = 16 * 1024 * 1024;

/** Throws ST_USAGE. */
export function parseRedactSampleOptions(file: string, flags: RawFlags): RedactSampleOptions {
  const contentType = text(flags, "content-type");
  if (contentType !== undefined && !/^[\t -~]+$/.test(contentType))
    throw usage(
      `--content-type ${quoted(contentType)} cannot be the value of a header.`,
      "Write a media type, such as --content-type application/json.",
    );
  return {
    file,
    policy: parseRedactionFlags(flags, "standard"),
    keyFile: text(flags, "redact-key"),
    contentType,
    explain: flags["explain"] === true,
  };
}

/**
 * Redacts one sample and prints it, or what was done to it. Throws ST_FILE_UNREADABLE when the sample is no request. A sample that is
 * refused is an answer with `--explain`; without, nothing of it is printed, and the exit code says so.
 */
export async function redactSample(options: RedactSampleOptions): Promise<void> {
  const { file, policy, keyFile, contentType, explain } = options;
  const key = readRedactionKey(keyFile);
  const bytes =
    file === "-" ? await readStdin() : readInputBytes("The sample", file, MAX_SAMPLE_BYTES);
  if (bytes.length > MAX_SAMPLE_BYTES)
    throw unreadable(`The sample ${file} holds more than ${MAX_SAMPLE_BYTES / 1024 ** 2} MiB.`);
  const request = readRequest(
    file,
    contentType === undefined ? bytes : wrapped(bytes, contentType),
  );
  const explanation = explainRedaction(policy, key, request);
  if (explain)
    process.stdout.write(formatExplanation(explanation, detectStyle(process.stdout, process.env)));
  else printSample(explanation, file, contentType !== undefined);
}

function printSample({ outcome }: Explanation, file: string, isBody: boolean): void {
  if (outcome.kind === "refused")
    throw unreadable(
      `The sample ${file} would be refused: ${outcome.reason}.`,
      "Run it again with --explain for what that means.",
    );
  process.stdout.write(outcome.bytes.subarray(isBody ? outcome.headBytes : 0));
}

/** The smallest request that has this body. */
function wrapped(body: Uint8Array, contentType: string): Uint8Array {
  const head = `POST / HTTP/1.1\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}

function readRequest(file: string, bytes: Uint8Array): RequestView {
  const head = new RequestHead();
  const code = head.read(bytes, 0, bytes.length);
  if (code !== HeadCode.complete)
    throw unreadable(
      `The sample ${file} is no HTTP/1.1 request (${reasonOf(code)}).`,
      "Write it as on the wire: lines end with CR LF, and an empty line ends the head.",
      "For a body alone, name its type: --content-type application/json.",
    );
  const end = bodyEnd(head, bytes);
  if (end !== bytes.length)
    throw unreadable(
      `The sample ${file} does not end where its head says that its body does.`,
      "Check Content-Length, or the chunks: the length counts bytes, and line ends are two.",
    );
  head.bodyEnd = end;
  return head;
}

/** Where the head says that the body ends; -1 for nowhere. */
function bodyEnd({ framing, headEnd, contentLength }: RequestHead, bytes: Uint8Array): number {
  if (framing !== "chunked") return headEnd + (framing === "length" ? contentLength : 0);
  const body = new ChunkedBody();
  const end = body.scan(bytes, headEnd, bytes.length);
  return body.isDone ? end : -1;
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_SAMPLE_BYTES) break;
  }
  return Buffer.concat(chunks);
}

function unreadable(message: string, ...hints: readonly string[]): ShadowtapError {
  return new ShadowtapError("ST_FILE_UNREADABLE", message, hints);
}
