/** Writes a wall-clock time in milliseconds since 1970. */
export type TimeFormatter = (wallMs: number) => string;

/**
 * Formats second by second: thousands of lines share one second, and making a Date for each would cost more than the
 * rest of the line.
 */
function createTimeFormatter(formatSecond: (date: Date) => string, suffix: string): TimeFormatter {
  let knownSecond = Number.NaN;
  let text = "";
  return (wallMs) => {
    const whole = Math.floor(wallMs);
    const second = Math.floor(whole / 1000);
    if (second !== knownSecond) {
      knownSecond = second;
      text = formatSecond(new Date(second * 1000));
    }
    const ms = whole - second * 1000;
    return `${text}${ms < 10 ? ".00" : ms < 100 ? ".0" : "."}${ms}${suffix}`;
  };
}

/** Local time of day, `06:31:02.114`. */
export function createTimeOfDay(): TimeFormatter {
  return createTimeFormatter((date) => date.toTimeString().slice(0, 8), "");
}

/** RFC 3339 in UTC, `2026-11-21T06:31:02.114Z`. */
export function createTimestamp(): TimeFormatter {
  return createTimeFormatter((date) => date.toISOString().slice(0, 19), "Z");
}
