import type { Outcome } from "../model/exchange.ts";
import type { FormatLine } from "./line-batch.ts";
import { formatMs } from "./quantity.ts";
import { paint, type Style, symbol } from "./style.ts";
import { shownMethod, visible, visiblePath } from "./text.ts";
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
 *
 * With the rule's name before the method when `showRule` says so.
 */
export function createCompactFormatter(
  targets: readonly string[],
  style: Style,
  showRule: () => boolean,
): FormatLine {
  const timeOfDay = createTimeOfDay();
  // Filled as they are met: a change of the rules may add targets.
  const arrows: string[] = [];
  const arrowTo = (index: number): string => {
    const known = arrows[index];
    if (known !== undefined) return known;
    const made = ` ${symbol(style, "arrow")} ${visible(targets[index] ?? "")} `;
    arrows[index] = made;
    return made;
  };
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
    const request = `${visible(shownMethod(exchange.method))} ${visiblePath(exchange.path, cut)}`;
    const rule = showRule() ? `${visible(exchange.rule)} ` : "";
    return `${timeOfDay(wallMs)} ${rule}${request} ${live}${arrowTo(targetIndex)}${ending(outcome)}\n`;
  };
}
