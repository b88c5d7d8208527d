/** W v of a row-major matrix, summed in float64. */
export function multiply(weight: Float32Array, rows: number, v: ArrayLike<number>): Float64Array {
  const columns = weight.length / rows;
  const out = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++, at++) sum += (weight[at] as number) * (v[j] as number);
    out[i] = sum;
  }
  return out;
}

/** Wᵀ u. */
export function multiplyTransposed(weight: Float32Array, rows: number, u: ArrayLike<number>): Float64Array {
  const columns = weight.length / rows;
  const out = new Float64Array(columns);
  for (let i = 0, at = 0; i < rows; i++) {
    const factor = u[i] as number;
    for (let j = 0; j < columns; j++, at++) out[j] = (out[j] as number) + factor * (weight[at] as number);
  }
  return out;
}

export function norm(vector: Float64Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}

/**
 * The largest singular value, by Golub–Kahan–Lanczos bidiagonalisation with full reorthogonalisation: where the largest
 * singular values lie close together, power iterations would take hundreds of products with W, this takes tens.
 *
 * @param u where it starts; a vector of equal signs is added, so that u may be orthogonal to what is sought
 * @param tolerance relative change between steps at which it stops
 */
export function largestSingularValue(
  weight: Float32Array,
  rows: number,
  u: ArrayLike<number>,
  tolerance: number,
  maxSteps: number,
): number {
  const columns = weight.length / rows;
  const lefts: Float64Array[] = [];
  const rights: Float64Array[] = [];
  const alphas: number[] = [];
  const betas: number[] = [];
  const start = multiplyTransposed(weight, rows, started(u, rows));
  let right = normalised(start);
  // Of a zero matrix, or NaN where the weight holds NaN.
  let estimate = norm(start);
  for (let step = 0; step < Math.min(maxSteps, rows, columns) && right !== null; step++) {
    rights.push(right);
    const left = multiply(weight, rows, right);
    subtractProjections(left, lefts);
    const alpha = norm(left);
    alphas.push(alpha);
    const last = estimate;
    estimate = Math.sqrt(largestEigenvalue(alphas, betas));
    const unit = normalised(left);
    if (unit === null || (step > 2 && Math.abs(estimate - last) <= tolerance * estimate)) break;
    lefts.push(unit);
    const next = multiplyTransposed(weight, rows, unit);
    subtractProjections(next, rights);
    betas.push(norm(next));
    right = normalised(next);
  }
  return estimate;
}

function started(u: ArrayLike<number>, rows: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => (u[i] ?? 0) + 0.01 / Math.sqrt(rows));
}

function normalised(vector: Float64Array): Float64Array | null {
  const length = norm(vector);
  return length > 1e-30 ? vector.map((value) => value / length) : null;
}

/** Twice, since once leaves round-off that grows. */
function subtractProjections(vector: Float64Array, basis: readonly Float64Array[]): void {
  for (let pass = 0; pass < 2; pass++) {
    for (const unit of basis) {
      let dot = 0;
      for (let i = 0; i < vector.length; i++) dot += (vector[i] as number) * (unit[i] as number);
      for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) - dot * (unit[i] as number);
    }
  }
}

/** Of BᵀB with B upper bidiagonal (alphas, betas), by bisection on the sign changes of its Sturm sequence. */
function largestEigenvalue(alphas: readonly number[], betas: readonly number[]): number {
  const count = alphas.length;
  const diagonal = alphas.map((alpha, i) => alpha ** 2 + (i > 0 ? (betas[i - 1] as number) ** 2 : 0));
  const beside = alphas.map((alpha, i) => (i < count - 1 ? alpha * (betas[i] as number) : 0));
  let high = Math.max(
    ...diagonal.map((value, i) => value + (beside[i] as number) + (i > 0 ? (beside[i - 1] as number) : 0)),
  );
  let low = Math.max(...diagonal);
  while (high - low > 1e-14 * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (allBelow(diagonal, beside, middle)) high = middle;
    else low = middle;
  }
  return high;
}

function allBelow(diagonal: readonly number[], beside: readonly number[], bound: number): boolean {
  let pivot = 1;
  for (let i = 0; i < diagonal.length; i++) {
    const coupling = i > 0 ? (beside[i - 1] as number) ** 2 / pivot : 0;
    pivot = (diagonal[i] as number) - bound - coupling;
    if (pivot >= 0) return false;
  }
  return true;
}
