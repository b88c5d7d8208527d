const TILE = 4;
const BANK_BLOCK = 256;

/**
 * Squared L2 distance of each query to its K-th nearest bank row, exact up to float64 rounding.
 *
 * d² = |q|² + |b|² − 2 q·b, four queries by four bank rows at a time, so that each loaded value is used four times;
 * bank rows come in blocks that stay in cache. Of a query's distances only the K smallest are kept (a max-heap).
 *
 * @param queries [n, dim]; @param bank [N, dim] with N ≥ k. Returns [n].
 */
export function kthNearest(queries: Float64Array, bank: Float64Array, dim: number, k: number): Float64Array {
  const n = queries.length / dim;
  const bankRows = bank.length / dim;
  const bankNorms = squaredNorms(bank, dim);
  const queryNorms = squaredNorms(queries, dim);
  const result = new Float64Array(n);
  const heaps = new Float64Array(TILE * k);
  const dots = new Float64Array(TILE * BANK_BLOCK);
  for (let first = 0; first < n; first += TILE) {
    const rows = Math.min(TILE, n - first);
    heaps.fill(Number.POSITIVE_INFINITY);
    for (let start = 0; start < bankRows; start += BANK_BLOCK) {
      const block = Math.min(BANK_BLOCK, bankRows - start);
      dotProducts(queries, first, rows, bank, start, block, dim, dots);
      for (let q = 0; q < rows; q++) {
        const heap = heaps.subarray(q * k, (q + 1) * k);
        for (let b = 0; b < block; b++) {
          const partial = (bankNorms[start + b] as number) - 2 * (dots[q * BANK_BLOCK + b] as number);
          if (partial < (heap[0] as number)) replaceTop(heap, partial);
        }
      }
    }
    for (let q = 0; q < rows; q++) {
      result[first + q] = Math.max(0, (queryNorms[first + q] as number) + (heaps[q * k] as number));
    }
  }
  return result;
}

/** dots[q·BANK_BLOCK + b] = queries[first + q] · bank[start + b]. */
function dotProducts(
  queries: Float64Array,
  first: number,
  rows: number,
  bank: Float64Array,
  start: number,
  block: number,
  dim: number,
  dots: Float64Array,
): void {
  let b = 0;
  if (rows === TILE) {
    for (; b + TILE <= block; b += TILE) tileOfDots(queries, first * dim, bank, (start + b) * dim, dim, dots, b);
  }
  for (; b < block; b++) {
    for (let q = 0; q < rows; q++) {
      let sum = 0;
      for (let d = 0; d < dim; d++) {
        sum += (queries[(first + q) * dim + d] as number) * (bank[(start + b) * dim + d] as number);
      }
      dots[q * BANK_BLOCK + b] = sum;
    }
  }
}

function tileOfDots(
  q: Float64Array,
  q0: number,
  bank: Float64Array,
  b0: number,
  dim: number,
  dots: Float64Array,
  out: number,
): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  const q1 = q0 + dim;
  const q2 = q1 + dim;
  const q3 = q2 + dim;
  const b1 = b0 + dim;
  const b2 = b1 + dim;
  const b3 = b2 + dim;
  for (let d = 0; d < dim; d++) {
    const x0 = bank[b0 + d] as number;
    const x1 = bank[b1 + d] as number;
    const x2 = bank[b2 + d] as number;
    const x3 = bank[b3 + d] as number;
    const y0 = q[q0 + d] as number;
    s00 += y0 * x0;
    s01 += y0 * x1;
    s02 += y0 * x2;
    s03 += y0 * x3;
    const y1 = q[q1 + d] as number;
    s10 += y1 * x0;
    s11 += y1 * x1;
    s12 += y1 * x2;
    s13 += y1 * x3;
    const y2 = q[q2 + d] as number;
    s20 += y2 * x0;
    s21 += y2 * x1;
    s22 += y2 * x2;
    s23 += y2 * x3;
    const y3 = q[q3 + d] as number;
    s30 += y3 * x0;
    s31 += y3 * x1;
    s32 += y3 * x2;
    s33 += y3 * x3;
  }
  dots[out] = s00;
  dots[out + 1] = s01;
  dots[out + 2] = s02;
  dots[out + 3] = s03;
  dots[BANK_BLOCK + out] = s10;
  dots[BANK_BLOCK + out + 1] = s11;
  dots[BANK_BLOCK + out + 2] = s12;
  dots[BANK_BLOCK + out + 3] = s13;
  dots[2 * BANK_BLOCK + out] = s20;
  dots[2 * BANK_BLOCK + out + 1] = s21;
  dots[2 * BANK_BLOCK + out + 2] = s22;
  dots[2 * BANK_BLOCK + out + 3] = s23;
  dots[3 * BANK_BLOCK + out] = s30;
  dots[3 * BANK_BLOCK + out + 1] = s31;
  dots[3 * BANK_BLOCK + out + 2] = s32;
  dots[3 * BANK_BLOCK + out + 3] = s33;
}

function squaredNorms(rows: Float64Array, dim: number): Float64Array {
  const norms = new Float64Array(rows.length / dim);
  for (let i = 0; i < rows.length; i++) {
    const row = Math.floor(i / dim);
    norms[row] = (norms[row] as number) + (rows[i] as number) ** 2;
  }
  return norms;
}

/** Puts `value` in the place of the largest entry of a max-heap and restores the heap. */
function replaceTop(heap: Float64Array, value: number): void {
  let hole = 0;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as number) > (heap[child] as number)) child++;
    if ((heap[child] as number) <= value) break;
    heap[hole] = heap[child] as number;
    hole = child;
  }
  heap[hole] = value;
}
