import type { DecodedRequest } from "../model/decoded.ts";
import { API_VERSION } from "../model/output.ts";
import { asciiJson } from "./ascii-json.ts";
import { formatBytes, formatMs } from "./quantity.ts";
import { paint, type Style, symbol } from "./style.ts";
import { cutPath, shownMethod, visible, visiblePath } from "./text.ts";
import { createTimeOfDay, createTimestamp } from "./wall-clock.ts";

/** Digits of a digest that tell two bodies apart at a glance. */
const DIGEST_DIGITS = 16;

type FormatDecoded = (request: DecodedRequest) => string;

/**
 * One line for people:
 *
 *     06:31:02.114 #3 POST /v1/orders chunked 1.2 KiB sha256:9f86d081884c7d65 0.4ms
 *     06:31:02.117 #3 GET /v1/orders
 */
function createCompactFormatter(style: Style): FormatDecoded {
  const timeOfDay = createTimeOfDay();
  const mark = symbol(style, "ellipsis");

  const body = ({ framing, bodyBytes, bodySha256, durationMs, cut }: DecodedRequest): string => {
    if (framing === "none") return "";
    const digest =
      cut === undefined
        ? `sha256:${bodySha256?.slice(0, DIGEST_DIGITS)}`
        : paint(style, "red", `${symbol(style, "failed")} ${cut}`);
    return ` ${framing} ${formatBytes(bodyBytes)} ${digest} ${formatMs(durationMs)}`;
  };

  return (request) =>
    `${timeOfDay(request.timeMs)} #${request.connection} ${visible(shownMethod(request.method))} ` +
    `${visiblePath(request.path, mark)}${body(request)}\n`;
}

/** One object per line, `kind` DecodedRequest. */
function createJsonFormatter(): FormatDecoded {
  const timestamp = createTimestamp();
  return (request) =>
    asciiJson({
      apiVersion: API_VERSION,
      kind: "DecodedRequest",
      time: timestamp(request.timeMs),
      duration_ms: Math.round(request.durationMs * 1e3) / 1e3,
      connection: request.connection,
      method: shownMethod(request.method),
      path: cutPath(request.path),
      framing: request.framing,
      body_bytes: request.bodyBytes,
      body_sha256: request.bodySha256 ?? null,
      cut: request.cut ?? null,
    });
}

export function createDecodedFormatter(kind: "compact" | "json", style: Style): FormatDecoded {
  return kind === "json" ? createJsonFormatter() : createCompactFormatter(style);
}
