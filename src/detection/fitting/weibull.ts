import { exactExp, exactLog } from "../../random/exactMath.ts";

/** A two-parameter Weibull distribution, P(X ≤ x) = 1 − exp(−(x/scale)^shape). */
export interface Weibull {
  readonly scale: number;
  readonly shape: number;
}

/**
 * Maximum-likelihood fit to positive samples, in any order. The shape k solves
 * Σ xᵏ ln x / Σ xᵏ − 1/k = mean ln x, whose left side grows with k; then scaleᵏ = mean xᵏ.
 *
 * @returns null where fewer than two samples differ: the likelihood then has no maximum
 */
export function fitWeibull(samples: ArrayLike<number>): Weibull | null {
  const logs = Float64Array.from(samples, (value) => exactLog(value));
  const top = logs.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  // In units of their spread and below 0, the logarithms can neither overflow nor make the root hard to find.
  const spread = top - mean;
  if (!(spread > 0)) return null;
  const units = logs.map((value) => (value - top) / spread);
  const shape = solveShape(units);
  const power = units.reduce((sum, u) => sum + exactExp(shape * u), 0) / units.length;
  return { scale: exactExp(top + (spread * exactLog(power)) / shape), shape: shape / spread };
}

/** Newton's method from inside a bracket that every step narrows; units have maximum 0 and mean −1. */
function solveShape(units: Float64Array): number {
  let low = 0;
  let high = 1;
  while (excess(units, high).value < 0) {
    low = high;
    high *= 2;
  }
  let shape = high;
  for (let step = 0; step < 100; step++) {
    const { value, slope } = excess(units, shape);
    if (value > 0) high = shape;
    else low = shape;
    const newton = shape - value / slope;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    const settled = Math.abs(next - shape) <= 1e-14 * shape;
    shape = next;
    if (settled) break;
  }
  return shape;
}

/** Σ uw/Σw − 1/k − mean u with w = exp(ku), and its derivative by k. */
function excess(units: Float64Array, k: number): { value: number; slope: number } {
  let weights = 0;
  let first = 0;
  let second = 0;
  for (const u of units) {
    const weight = exactExp(k * u);
    weights += weight;
    first += weight * u;
    second += weight * u * u;
  }
  const mean = first / weights;
  return { value: mean - 1 / k + 1, slope: second / weights - mean * mean + 1 / (k * k) };
}
