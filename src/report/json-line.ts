import type { Outcome } from "../model/exchange.ts";
import { API_VERSION } from "../model/output.ts";
import type { FormatLine } from "./line-batch.ts";
import { cutPath, shownMethod } from "./text.ts";
import { createTimestamp } from "./wall-clock.ts";

const PLAIN_ASCII = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/;

/** A JSON string in pure ASCII, so that no terminal can be steered through it. */
function quote(text: string): string {
  if (PLAIN_ASCII.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Nanoseconds as milliseconds with up to three decimals. */
function ms(durationNs: number): number {
  return Math.round(durationNs / 1e3) / 1e3;
}

function shadow(outcome: Outcome): string {
  if (outcome.kind === "delivered")
    return `{"status":${outcome.status},"latency_ms":${ms(outcome.latencyNs)}}`;
  return `{"error":{"kind":"${outcome.kind}","reason":"${outcome.reason}"}}`;
}

/** One object per line, `kind` MirroredRequest, documented in docs/output.md. */
export function createJsonFormatter(targets: readonly string[]): FormatLine {
  const timestamp = createTimestamp();
  const opening = `{"apiVersion":"${API_VERSION}","kind":"MirroredRequest","time":"`;
  // Filled as they are met: a change of the rules may add targets.
  const names: string[] = [];
  const nameOf = (index: number): string => {
    const known = names[index];
    if (known !== undefined) return known;
    const made = `,"target":${quote(targets[index] ?? "")},"shadow":`;
    names[index] = made;
    return made;
  };

  return (exchange, targetIndex, outcome, wallMs, delayNs) => {
    const { liveStatus, liveLatencyNs } = exchange;
    const live =
      liveStatus === 0 && liveLatencyNs === 0
        ? "null"
        : `{"status":${liveStatus || "null"},"latency_ms":${liveLatencyNs ? ms(liveLatencyNs) : "null"}}`;
    return (
      `${opening}${timestamp(wallMs)}","method":${quote(shownMethod(exchange.method))}` +
      `,"path":${quote(cutPath(exchange.path))},"live":${live},"rule":${quote(exchange.rule)}${nameOf(targetIndex)}` +
      `${shadow(outcome)},"delay_ms":${delayNs < 0 ? "null" : ms(delayNs)}}\n`
    );
  };
}
