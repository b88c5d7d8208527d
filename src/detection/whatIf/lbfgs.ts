/** Value of an objective at `x`; writes its gradient into `gradient`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  /** Largest absolute entry of the gradient at x. */
  readonly gradientMax: number;
  readonly iterations: number;
  /** gradientMax ≤ tolerance; false when the iterations ran out or no step lowered the value any more. */
  readonly converged: boolean;
}

const MEMORY = 10;
const ARMIJO = 1e-4;
const SHORTEST_STEP = 2 ** -40;

/**
 * Minimises a smooth convex objective by L-BFGS (Nocedal & Wright, algorithm 7.4; memory 10) with a backtracking
 * Armijo search. Stops at gradientMax ≤ tolerance, after `maxIterations`, or when no step lowers the value.
 * Deterministic: the same objective and start give the same result.
 */
export function minimise(objective: Objective, start: Float64Array, tolerance: number, maxIterations: number): Minimum {
  let x = start.slice();
  let gradient = new Float64Array(x.length);
  let value = objective(x, gradient);
  const pairs: CurvaturePair[] = [];
  let iterations = 0;
  for (; iterations < maxIterations && largestEntry(gradient) > tolerance; iterations++) {
    const direction = descentDirection(gradient, pairs);
    const slope = dot(direction, gradient);
    const nextGradient = new Float64Array(x.length);
    // The first step has no curvature to set its length: one unit at most.
    let step = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = moved(x, direction, step);
    let nextValue = objective(next, nextGradient);
    while (!(nextValue <= value + ARMIJO * step * slope) && step > SHORTEST_STEP) {
      step /= 2;
      next = moved(x, direction, step);
      nextValue = objective(next, nextGradient);
    }
    if (!(nextValue < value)) break;
    remember(pairs, x, next, gradient, nextGradient);
    x = next;
    gradient = nextGradient;
    value = nextValue;
  }
  const gradientMax = largestEntry(gradient);
  return { x, value, gradientMax, iterations, converged: gradientMax <= tolerance };
}

/** Step s, change of gradient y and 1 / (s·y). */
interface CurvaturePair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

function descentDirection(gradient: Float64Array, pairs: readonly CurvaturePair[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const weights = new Float64Array(pairs.length);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, rho } = pairs[i] as CurvaturePair;
    const weight = rho * dot(s, direction);
    weights[i] = weight;
    addScaled(direction, y, -weight);
  }
  const newest = pairs.at(-1);
  if (newest) {
    const scale = 1 / (newest.rho * dot(newest.y, newest.y));
    for (let k = 0; k < direction.length; k++) direction[k] = (direction[k] as number) * scale;
  }
  for (const [i, { s, y, rho }] of pairs.entries()) {
    addScaled(direction, s, (weights[i] as number) - rho * dot(y, direction));
  }
  return direction;
}

function remember(
  pairs: CurvaturePair[],
  x: Float64Array,
  next: Float64Array,
  gradient: Float64Array,
  nextGradient: Float64Array,
): void {
  const s = next.map((value, k) => value - (x[k] as number));
  const y = nextGradient.map((value, k) => value - (gradient[k] as number));
  const curvature = dot(s, y);
  // Rounding can cost the last steps their positive curvature; such a pair would spoil the direction.
  if (!(curvature > 0)) return;
  pairs.push({ s, y, rho: 1 / curvature });
  if (pairs.length > MEMORY) pairs.shift();
}

function moved(x: Float64Array, direction: Float64Array, step: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(x, (value, k) => value + step * (direction[k] as number));
}

function addScaled(target: Float64Array, source: Float64Array, scale: number): void {
  for (let k = 0; k < target.length; k++) target[k] = (target[k] as number) + scale * (source[k] as number);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
}

function largestEntry(gradient: Float64Array): number {
  return gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
