import type { Pause } from "./features.ts";

const PAUSE_WORK = 50_000_000;

/**
 * Eigenvalues of a symmetric matrix, in no order, with an absolute error of about 1e-15 of the largest: Householder
 * reduction to a tridiagonal matrix, then implicit QL (Golub and Van Loan, Matrix Computations, section 8.3). A matrix
 * of 2,048 rows takes seconds.
 *
 * @param matrix [n, n], of which the lower triangle is read; it is overwritten
 */
export async function symmetricEigenvalues(matrix: Float64Array, n: number, pause: Pause): Promise<Float64Array> {
  const { diagonal, off } = await tridiagonal(matrix, n, pause);
  return tridiagonalEigenvalues(diagonal, off);
}

/**
 * Rows are reduced from the last to the first, so that each is contiguous. The rank-2 update of one step and the
 * product with the vector of the next need the same entries: one pass over the triangle does both.
 */
async function tridiagonal(
  a: Float64Array,
  n: number,
  pause: Pause,
): Promise<{ diagonal: Float64Array; off: Float64Array }> {
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  let v = new Float64Array(n);
  let next = new Float64Array(n);
  const w = new Float64Array(n);
  const p = new Float64Array(n);
  let work = 0;
  for (let last = n - 1; last >= 1; last--) {
    // Row `last` still lacks the update of the step before, if there was one: v and w are 0 in the first.
    const row = last * n;
    updateRow(a, row, last + 1, v, w, last);
    diagonal[last] = a[row + last] as number;
    const { beta, size } = reflector(a, row, last, next);
    off[last] = size;
    p.fill(0, 0, last);
    updateAndMultiply(a, n, last, v, w, next, p);
    [v, next] = [next, v];
    let dot = 0;
    for (let i = 0; i < last; i++) dot += (p[i] as number) * (v[i] as number);
    const half = 0.5 * beta * beta * dot;
    for (let i = 0; i < last; i++) w[i] = beta * (p[i] as number) - half * (v[i] as number);
    work += last * last;
    if (work > PAUSE_WORK) {
      work = 0;
      await pause();
    }
  }
  if (n > 0) {
    updateRow(a, 0, 1, v, w, 0);
    diagonal[0] = a[0] as number;
  }
  return { diagonal, off };
}

/** a[row, 0 … length − 1] −= v_i w + w_i v. */
function updateRow(a: Float64Array, row: number, length: number, v: Float64Array, w: Float64Array, i: number): void {
  const [vi, wi] = [v[i] as number, w[i] as number];
  for (let j = 0; j < length; j++) {
    a[row + j] = (a[row + j] as number) - vi * (w[j] as number) - wi * (v[j] as number);
  }
}

/**
 * Householder vector u of the row's first `length` entries x: (I − β u uᵀ) x = ∓‖x‖ at the last of them, 0 elsewhere.
 * @param out takes u
 */
function reflector(a: Float64Array, row: number, length: number, out: Float64Array): { beta: number; size: number } {
  let largest = 0;
  for (let j = 0; j < length - 1; j++) largest = Math.max(largest, Math.abs(a[row + j] as number));
  const tip = a[row + length - 1] as number;
  out.fill(0);
  if (largest === 0) return { beta: 0, size: tip };
  largest = Math.max(largest, Math.abs(tip));
  let squares = 0;
  for (let j = 0; j < length; j++) {
    const x = (a[row + j] as number) / largest;
    out[j] = x;
    squares += x * x;
  }
  const size = tip > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
  const last = (out[length - 1] as number) - size;
  out[length - 1] = last;
  return { beta: 1 / (squares - size * (tip / largest)), size: size * largest };
}

/** Lower triangle of the first `size` rows: A −= v wᵀ + w vᵀ, and p += A u of the new A. */
function updateAndMultiply(
  a: Float64Array,
  n: number,
  size: number,
  v: Float64Array,
  w: Float64Array,
  u: Float64Array,
  p: Float64Array,
): void {
  let i = 0;
  for (; i + 1 < size; i += 2) {
    // Two rows at once: the second reads what the first has loaded.
    const [first, second] = [i * n, (i + 1) * n];
    const [v0, w0, u0] = [v[i] as number, w[i] as number, u[i] as number];
    const [v1, w1, u1] = [v[i + 1] as number, w[i + 1] as number, u[i + 1] as number];
    let [sum0, sum1] = [0, 0];
    for (let j = 0; j < i; j++) {
      const [vj, wj, uj] = [v[j] as number, w[j] as number, u[j] as number];
      const x = (a[first + j] as number) - v0 * wj - w0 * vj;
      const y = (a[second + j] as number) - v1 * wj - w1 * vj;
      a[first + j] = x;
      a[second + j] = y;
      sum0 += x * uj;
      sum1 += y * uj;
      p[j] = (p[j] as number) + x * u0 + y * u1;
    }
    const corner = (a[first + i] as number) - 2 * v0 * w0;
    const beside = (a[second + i] as number) - v1 * w0 - w1 * v0;
    const below = (a[second + i + 1] as number) - 2 * v1 * w1;
    a[first + i] = corner;
    a[second + i] = beside;
    a[second + i + 1] = below;
    p[i] = (p[i] as number) + sum0 + corner * u0 + beside * u1;
    p[i + 1] = (p[i + 1] as number) + sum1 + beside * u0 + below * u1;
  }
  if (i < size) {
    const row = i * n;
    updateRow(a, row, i + 1, v, w, i);
    let sum = 0;
    for (let j = 0; j < i; j++) {
      sum += (a[row + j] as number) * (u[j] as number);
      p[j] = (p[j] as number) + (a[row + j] as number) * (u[i] as number);
    }
    p[i] = (p[i] as number) + sum + (a[row + i] as number) * (u[i] as number);
  }
}

/** Implicit QL with Wilkinson's shift. off[i] stands between i − 1 and i; both arrays are overwritten. */
function tridiagonalEigenvalues(d: Float64Array, off: Float64Array): Float64Array {
  const n = d.length;
  const e = new Float64Array(n);
  for (let i = 1; i < n; i++) e[i - 1] = off[i] as number;
  for (let first = 0; first < n; first++) {
    for (let sweep = 0; ; sweep++) {
      let m = first;
      for (; m < n - 1; m++) {
        const scale = Math.abs(d[m] as number) + Math.abs(d[m + 1] as number);
        if (Math.abs(e[m] as number) <= Number.EPSILON * scale) break;
      }
      if (m === first) break;
      if (sweep === 60) throw new Error("The eigenvalues do not converge: the matrix is not finite.");
      sweepUp(d, e, first, m);
    }
  }
  return d;
}

function sweepUp(d: Float64Array, e: Float64Array, first: number, m: number): void {
  const gap = ((d[first + 1] as number) - (d[first] as number)) / (2 * (e[first] as number));
  const root = Math.hypot(gap, 1);
  let g = (d[m] as number) - (d[first] as number) + (e[first] as number) / (gap + (gap < 0 ? -root : root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = m - 1; i >= first; i--) {
    const f = sine * (e[i] as number);
    const b = cosine * (e[i] as number);
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = (d[i + 1] as number) - shift;
      e[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    const upper = (d[i + 1] as number) - shift;
    const t = ((d[i] as number) - upper) * sine + 2 * cosine * b;
    shift = sine * t;
    d[i + 1] = upper + shift;
    g = cosine * t - b;
  }
  d[first] = (d[first] as number) - shift;
  e[first] = g;
  e[m] = 0;
}
