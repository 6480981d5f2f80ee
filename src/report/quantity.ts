const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A whole number with its thousands grouped, `12,408`. */
export function formatCount(count: number): string {
  return grouped.format(count);
}

/** A duration in milliseconds with two or three digits that matter: `0.4ms`, `12ms`, `1234ms`, `12.3s`, `2m05s`. */
export function formatMs(ms: number): string {
  if (ms < 9.95) {
    // Put together from integers: toFixed costs as much as the rest of a line.
    const tenths = Math.round(ms * 10);
    return `${Math.floor(tenths / 10)}.${tenths % 10}ms`;
  }
  if (ms < 10_000) return `${Math.round(ms)}ms`;
  const seconds = ms / 1000;
  if (seconds < 119.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`;
}

/** A size in binary units, `16 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value >= 10 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A rate with as many decimals as it needs, `413/s`, `0.5/s`. */
export function formatRate(perSecond: number): string {
  return `${perSecond < 9.95 ? perSecond.toFixed(1) : formatCount(perSecond)}/s`;
}

/** A share, 0 … 1, as it was asked for: `12.5 %`, `0.0001 %`. */
export function formatPercent(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`;
}

/** A share of a whole in percent. Never rounded to 0 or 100 when it is neither. */
export function formatShare(part: number, whole: number): string {
  if (part === whole) return "100 %";
  if (part === 0) return "0 %";
  const percent = (part / whole) * 100;
  return `${Math.min(99.9, Math.max(0.1, percent)).toFixed(1)} %`;
}
