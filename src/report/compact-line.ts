import type { Outcome } from "../model/exchange.ts";
import type { FormatLine } from "./line-batch.ts";
import { formatMs } from "./quantity.ts";
import { paint, type Style, symbol } from "./style.ts";
import { cutMethod, visible, visiblePath } from "./text.ts";
import { createTimeOfDay } from "./wall-clock.ts";

function paintStatus(style: Style, status: number): string {
  const text = String(status);
  if (!style.colour) return text;
  return paint(style, status < 400 ? "green" : status < 500 ? "yellow" : "red", text);
}

/**
 * One line for people, what happened live to the left and at the shadow to the right:
 *
 *     06:31:02.114 POST /v1/orders 200 12ms → http://shadow:8080 500 31ms
 *     06:31:02.117 GET /v1/slow - - → http://shadow:8080 ✗ timeout
 */
export function createCompactFormatter(targets: readonly string[], style: Style): FormatLine {
  const timeOfDay = createTimeOfDay();
  const arrows = targets.map((name) => ` ${symbol(style, "arrow")} ${visible(name)} `);
  const cut = symbol(style, "ellipsis");
  const failed = symbol(style, "failed");

  const ending = (outcome: Outcome): string => {
    if (outcome.kind === "delivered")
      return `${paintStatus(style, outcome.status)} ${formatMs(outcome.latencyNs / 1e6)}`;
    return style.colour
      ? paint(style, "red", `${failed} ${outcome.reason}`)
      : `${failed} ${outcome.reason}`;
  };

  return (exchange, targetIndex, outcome, wallMs) => {
    const { liveStatus, liveLatencyNs } = exchange;
    const live = `${liveStatus || "-"} ${liveLatencyNs ? formatMs(liveLatencyNs / 1e6) : "-"}`;
    const request = `${visible(cutMethod(exchange.method))} ${visiblePath(exchange.path, cut)}`;
    return `${timeOfDay(wallMs)} ${request} ${live}${arrows[targetIndex] ?? " "}${ending(outcome)}\n`;
  };
}
