import type { Pause } from "./features.ts";

/** S = Fᵀ F in the order of `order`: S[order[i], order[j]] = Σ_k F[k, i] F[k, j]. */
export interface CholeskyFactor {
  /** [rank, n], row-major; row k is 0 before column k. */
  readonly rows: Float64Array;
  readonly rank: number;
  /** Index of S behind each column. */
  readonly order: Uint32Array;
}

/**
 * Cholesky factor of a positive semi-definite matrix with the largest remaining diagonal first, which ends where what
 * remains is round-off: the rank of the matrix. (Higham, Analysis of the Cholesky decomposition of a semi-definite
 * matrix, 1990.)
 *
 * @param matrix [n, n], symmetric; it is overwritten
 */
export async function pivotedCholesky(matrix: Float64Array, n: number, pause: Pause): Promise<CholeskyFactor> {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, matrix[i * n + i] as number);
  const tolerance = n * Number.EPSILON * largest;
  let rank = 0;
  let work = 0;
  for (; rank < n; rank++) {
    const pivot = largestDiagonal(matrix, n, rank);
    if (!((matrix[pivot * n + pivot] as number) > tolerance)) break;
    swap(matrix, n, rank, pivot, order);
    eliminate(matrix, n, rank);
    work += (n - rank) ** 2;
    if (work > 50_000_000) {
      work = 0;
      await pause();
    }
  }
  for (let i = 1; i < rank; i++) matrix.fill(0, i * n, i * n + i);
  return { rows: matrix.subarray(0, rank * n), rank, order };
}

function largestDiagonal(a: Float64Array, n: number, from: number): number {
  let best = from;
  for (let i = from + 1; i < n; i++) {
    if ((a[i * n + i] as number) > (a[best * n + best] as number)) best = i;
  }
  return best;
}

/** Exchanges rows and columns i < j of a matrix of which the upper triangle counts. */
function swap(a: Float64Array, n: number, i: number, j: number, order: Uint32Array): void {
  if (i === j) return;
  const exchange = (p: number, q: number): void => {
    const kept = a[p] as number;
    a[p] = a[q] as number;
    a[q] = kept;
  };
  for (let k = 0; k < i; k++) exchange(k * n + i, k * n + j);
  for (let k = i + 1; k < j; k++) exchange(i * n + k, k * n + j);
  for (let k = j + 1; k < n; k++) exchange(i * n + k, j * n + k);
  exchange(i * n + i, j * n + j);
  const index = order[i] as number;
  order[i] = order[j] as number;
  order[j] = index;
}

/** Row k becomes that of the factor; the rest of the upper triangle loses its outer product. */
function eliminate(a: Float64Array, n: number, k: number): void {
  const row = k * n;
  const scale = 1 / Math.sqrt(a[row + k] as number);
  for (let j = k; j < n; j++) a[row + j] = (a[row + j] as number) * scale;
  for (let i = k + 1; i < n; i++) {
    const factor = a[row + i] as number;
    if (factor === 0) continue;
    const at = i * n;
    for (let j = i; j < n; j++) a[at + j] = (a[at + j] as number) - factor * (a[row + j] as number);
  }
}
