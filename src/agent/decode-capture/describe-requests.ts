import { createHash, randomBytes } from "node:crypto";
import type { LiveConnection } from "../../model/connection.ts";
import type { DecodedSink } from "../../model/decoded.ts";
import { OUTPUT_REDACTION, type Redactor } from "../../model/redaction.ts";
import type { CutReason, RequestSink, RequestView } from "../../model/request.ts";
import { createRedactor } from "../../redact/redactor.ts";
import { createChunkContent } from "./chunk-content.ts";

/** Times of a capture: what the decoder's clock stands for, and where it stands. */
export interface CaptureClock {
  /** Milliseconds since 1970. */
  wallMs(timeNs: number): number;
  /** Of the packet that is being read. */
  readonly nowNs: number;
}

/** Describes one request, of which nothing is kept but a digest. */
function createDescription(
  connection: LiveConnection,
  request: RequestView,
  clock: CaptureClock,
  redactor: Pick<Redactor, "path">,
  onDecoded: DecodedSink,
) {
  const { method, framing, timeNs } = request;
  const connectionId = connection.id;
  const path = redactor.path(request);
  const hash = framing === "none" ? undefined : createHash("sha256");
  let bodyBytes = 0;
  const content = (bytes: Uint8Array, start: number, end: number) => {
    hash?.update(bytes.subarray(start, end));
    bodyBytes += end - start;
  };
  return {
    data: framing === "chunked" ? createChunkContent(content) : content,
    finish(cut: CutReason | undefined) {
      onDecoded({
        timeMs: clock.wallMs(timeNs),
        durationMs: Math.max(0, clock.nowNs - timeNs) / 1e6,
        connection: connectionId,
        method,
        path,
        framing,
        bodyBytes,
        bodySha256: cut === undefined ? hash?.digest("hex") : undefined,
        cut,
      });
    },
  };
}

/** Tells of each request when all of it has come; of one that is cut, when that shows. */
export function createRequestDescriber(clock: CaptureClock, onDecoded: DecodedSink): RequestSink {
  // Nobody joins what two captures print: the key is made and forgotten.
  const redactor = createRedactor(OUTPUT_REDACTION, randomBytes(32));
  return {
    request(connection, request) {
      const description = createDescription(connection, request, clock, redactor, onDecoded);
      description.data(request.bytes, request.headEnd, request.bodyEnd);
      description.finish(undefined);
      return undefined;
    },
    stream(connection, request) {
      const { data, finish } = createDescription(connection, request, clock, redactor, onDecoded);
      const receiver = { data, end: () => finish(undefined), cut: finish };
      return { token: undefined, receiver };
    },
    response() {},
    closed() {},
  };
}
