/** One line of a plot. */
export interface Series {
  readonly name: string;
  /** 1 … 4: which of the page's colours. */
  readonly colour: number;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** A fitted or expected value: thin, dashed, without dots. */
  readonly isReference?: boolean;
}

/** A plot over the time of the run. */
export interface Plot {
  readonly title: string;
  /** What the vertical axis counts, such as `MiB`. */
  readonly unit: string;
  readonly series: readonly Series[];
  readonly durationMs: number;
  /** Left out of what is judged; shaded. */
  readonly warmUpMs?: number;
}

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 52;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 28;
const TICKS = 4;
/** More dots than this are a band, not dots. */
const MAX_DOTS = 80;

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}

/** A round step that makes at least `count` of them reach `max`. */
function roundStep(max: number, count: number): number {
  const rough = Math.max(max, Number.MIN_VALUE) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10;
  return step * power;
}

function number(value: number): string {
  return Number(value.toPrecision(6)).toLocaleString("en-US", { maximumFractionDigits: 2 });
}

function timeText(ms: number, durationMs: number): string {
  return durationMs < 300_000 ? `${number(ms / 1_000)} s` : `${number(ms / 60_000)} min`;
}

/** Draws a plot as a figure with an SVG in it. Axes begin at zero: small changes must not look like large ones. */
export function renderPlot({ title, unit, series, durationMs, warmUpMs = 0 }: Plot): string {
  const highest = Math.max(1e-9, ...series.flatMap(({ points }) => points.map(([, y]) => y)));
  const step = roundStep(highest, TICKS);
  const top = step * Math.ceil(highest / step - 1e-9);
  const x = (ms: number) => LEFT + (ms / durationMs) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
  const round = (value: number) => value.toFixed(1);

  const rows: string[] = [];
  for (let value = 0; value <= top * 1.0001; value += step)
    rows.push(
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y(value))}" y2="${round(y(value))}"/>`,
      `<text class="tick" x="${LEFT - 6}" y="${round(y(value) + 4)}" text-anchor="end">${number(value)}</text>`,
    );
  const inTime = durationMs < 300_000 ? 1_000 : 60_000;
  const timeStep = roundStep(durationMs / inTime, 6) * inTime;
  for (let ms = 0; ms <= durationMs * 1.0001; ms += timeStep)
    rows.push(
      `<text class="tick" x="${round(x(ms))}" y="${HEIGHT - 8}" text-anchor="middle">${timeText(ms, durationMs)}</text>`,
    );

  const lines = series.map((one, index) => {
    const path = one.points.map(([at, value]) => `${round(x(at))},${round(y(value))}`).join(" ");
    const kind = one.isReference === true ? "reference" : "line";
    // A line on top of one of the same values lets it be seen on both sides.
    const width = kind === "line" ? ` style="stroke-width:${Math.max(1.5, 3.5 - index)}"` : "";
    const dots =
      one.isReference === true || one.points.length > MAX_DOTS
        ? ""
        : one.points
            .map(
              ([at, value]) =>
                `<circle cx="${round(x(at))}" cy="${round(y(value))}" r="${Math.max(2, 4 - index)}"><title>${escapeHtml(one.name)}: ${number(value)} ${unit} after ${timeText(at, durationMs)}</title></circle>`,
            )
            .join("");
    return `<g class="series${one.colour}"><polyline class="${kind}"${width} points="${path}"/>${dots}</g>`;
  });
  const shade =
    warmUpMs > 0
      ? `<rect class="warm" x="${LEFT}" y="${TOP}" width="${round(x(warmUpMs) - LEFT)}" height="${HEIGHT - TOP - BOTTOM}"/>`
      : "";
  const legend = series.map(
    ({ name, colour, isReference }) =>
      `<li class="series${colour}"><span class="${isReference === true ? "dash" : "swatch"}"></span>${escapeHtml(name)}</li>`,
  );
  return `<figure><figcaption>${escapeHtml(title)} <span class="unit">${escapeHtml(unit)}</span></figcaption>
<ul class="legend">${legend.join("")}</ul>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(`${title}, ${unit}`)}">${shade}${rows.join("")}${lines.join("")}</svg></figure>`;
}
