/** A straight line through points, by least squares. */
export interface LineFit {
  readonly slope: number;
  /** Half the width of the slope's 95 % confidence interval; infinite for fewer than three points. */
  readonly slopeError: number;
  at(x: number): number;
}

const Z = 1.959963984540054;

/** 97.5 % quantile of Student's t, by the expansion of Cornish and Fisher; exact enough from three degrees of freedom on. */
function studentQuantile(degrees: number): number {
  if (degrees === 1) return 12.706;
  if (degrees === 2) return 4.303;
  const z2 = Z * Z;
  const first = (Z * (z2 + 1)) / 4;
  const second = (Z * (5 * z2 * z2 + 16 * z2 + 3)) / 96;
  const third = (Z * (3 * z2 ** 3 + 19 * z2 * z2 + 17 * z2 - 15)) / 384;
  return Z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Fits a line. The errors of the points are taken to be independent and alike. */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): LineFit {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  let squares = 0;
  let products = 0;
  for (const [x, y] of points) {
    squares += (x - meanX) ** 2;
    products += (x - meanX) * (y - meanY);
  }
  const slope = squares === 0 ? 0 : products / squares;
  const at = (x: number) => meanY + slope * (x - meanX);
  const degrees = points.length - 2;
  if (degrees < 1 || squares === 0) return { slope, slopeError: Number.POSITIVE_INFINITY, at };
  const residuals = points.reduce((sum, [x, y]) => sum + (y - at(x)) ** 2, 0);
  const deviation = Math.sqrt(residuals / degrees / squares);
  return { slope, slopeError: studentQuantile(degrees) * deviation, at };
}
