import type { Pause } from "./features.ts";

/** Rows that are multiplied at once: 4 × 2 sums stay in registers. */
const TALL = 4;
const WIDE = 2;
/** Entries of a row between which sums are put down, so that the rows of a strip stay in cache. */
const RUN = 1024;
const STRIP = 32;

/** Which entries of C = A · Bᵀ are wanted, and which of the sum are not zero. */
export interface ProductShape {
  /** Only those with column ≥ row; the others stay 0. */
  readonly upper?: boolean;
  /** "a", "b": row i of A (of B) is 0 before column i, and those terms are left out. */
  readonly triangular?: "a" | "b";
}

/**
 * C = A · Bᵀ in float64: [m, n] of A [m, k] and B [n, k], row-major.
 *
 * @param pause called between strips of 32 rows
 */
export async function productOfRows(
  a: Float64Array,
  m: number,
  b: Float64Array,
  n: number,
  k: number,
  pause: Pause,
  { upper = false, triangular }: ProductShape = {},
): Promise<Float64Array> {
  const c = new Float64Array(m * n);
  for (let top = 0; top < m; top += STRIP) {
    const bottom = Math.min(m, top + STRIP);
    for (let run = triangular === "a" ? top - (top % RUN) : 0; run < k; run += RUN) {
      const end = Math.min(k, run + RUN);
      for (let j = upper ? top - (top % WIDE) : 0; j < n; j += WIDE) {
        const from = triangular === "b" ? Math.max(run, j) : run;
        if (from >= end) break;
        for (let i = top; i < bottom; i += TALL) {
          const start = triangular === "a" ? Math.max(from, i) : from;
          if (start >= end) break;
          if (i + TALL <= bottom && j + WIDE <= n) addTile(a, i, b, j, k, start, end, c, n);
          else addEdge(a, i, Math.min(bottom, i + TALL), b, j, Math.min(n, j + WIDE), k, start, end, c, n);
        }
      }
    }
    await pause();
  }
  if (upper) clearLower(c, m, n);
  return c;
}

function addTile(
  a: Float64Array,
  i: number,
  b: Float64Array,
  j: number,
  k: number,
  start: number,
  end: number,
  c: Float64Array,
  n: number,
): void {
  const [a1, a2, a3] = [k, 2 * k, 3 * k];
  let [s00, s01, s10, s11, s20, s21, s30, s31] = [0, 0, 0, 0, 0, 0, 0, 0];
  const shift = (j - i) * k;
  for (let p = i * k + start, stop = i * k + end; p < stop; p++) {
    const u = b[p + shift] as number;
    const v = b[p + shift + k] as number;
    const w0 = a[p] as number;
    const w1 = a[p + a1] as number;
    const w2 = a[p + a2] as number;
    const w3 = a[p + a3] as number;
    s00 += w0 * u;
    s01 += w0 * v;
    s10 += w1 * u;
    s11 += w1 * v;
    s20 += w2 * u;
    s21 += w2 * v;
    s30 += w3 * u;
    s31 += w3 * v;
  }
  let at = i * n + j;
  for (const [left, right] of [
    [s00, s01],
    [s10, s11],
    [s20, s21],
    [s30, s31],
  ] as const) {
    c[at] = (c[at] as number) + left;
    c[at + 1] = (c[at + 1] as number) + right;
    at += n;
  }
}

function addEdge(
  a: Float64Array,
  top: number,
  bottom: number,
  b: Float64Array,
  left: number,
  right: number,
  k: number,
  start: number,
  end: number,
  c: Float64Array,
  n: number,
): void {
  for (let i = top; i < bottom; i++) {
    for (let j = left; j < right; j++) {
      let sum = 0;
      for (let p = start; p < end; p++) sum += (a[i * k + p] as number) * (b[j * k + p] as number);
      c[i * n + j] = (c[i * n + j] as number) + sum;
    }
  }
}

function clearLower(c: Float64Array, m: number, n: number): void {
  for (let i = 1; i < m; i++) c.fill(0, i * n, i * n + Math.min(i, n));
}

/** Copies the part above the diagonal of [n, n] to below it. */
export function mirrorUpper(c: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) c[j * n + i] = c[i * n + j] as number;
  }
}

/** [n, m] of [m, n]. */
export function transposed(a: ArrayLike<number>, m: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let first = 0; first < m; first += 8) {
    const last = Math.min(m, first + 8);
    for (let j = 0; j < n; j++) {
      for (let i = first; i < last; i++) out[j * m + i] = a[i * n + j] as number;
    }
  }
  return out;
}
