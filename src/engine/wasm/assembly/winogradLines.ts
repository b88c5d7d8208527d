import { madd } from "./simd";

/**
 * One-dimensional transforms of Winograd's F(4, 3) (Toom–Cook), four lanes at once: 6 neighbouring inputs give 4
 * outputs of a 3-tap filter with 6 multiplications instead of 12. Two-dimensional transforms run these lines over
 * columns, then over rows: 36 multiplications instead of 144. `step` is the distance in bytes between neighbours.
 *
 * With interpolation points p (and ∞): the output matrix A has rows (1, p, p², p³); the filter matrix G has rows
 * (1, p, p²) / N(p), N(p) = Π (p − q) over the other points q; the input matrix Bᵀ has the coefficients of
 * Π (x − q). The points are 0, ±¾, ±3/2: their powers are exact in binary, and the result is about three times
 * as accurate as with the usual 0, ±1, ±2.
 *
 * F(2, 3) was measured too: slower than F(4, 3) at every shape, slower than the direct kernel at 8 channels.
 */
const A: f32 = 0.75;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
const A3: f32 = A2 * A;
const B3: f32 = B2 * B;
const SUM: f32 = A2 + B2;
const PRODUCT: f32 = A2 * B2;
const INVERSE_0: f32 = 1 / PRODUCT;
const INVERSE_A: f32 = 1 / (2 * A2 * (A2 - B2));
const INVERSE_B: f32 = 1 / (2 * B2 * (B2 - A2));

// @ts-ignore: decorator
@inline
function times(scale: f32, a: v128): v128 {
  return f32x4.mul(f32x4.splat(scale), a);
}

/** scale·a + c */
// @ts-ignore: decorator
@inline
function plus(scale: f32, a: v128, c: v128): v128 {
  return madd(f32x4.splat(scale), a, c);
}

// @ts-ignore: decorator
@inline
function put(target: usize, value: v128, accumulate: bool): void {
  v128.store(target, accumulate ? f32x4.add(v128.load(target), value) : value);
}

/** Bᵀ: 6 → 6. */
// @ts-ignore: decorator
@inline
export function inputLine(from: usize, step: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from), d1 = v128.load(from + step), d2 = v128.load(from + 2 * step);
  const d3 = v128.load(from + 3 * step), d4 = v128.load(from + 4 * step), d5 = v128.load(from + 5 * step);
  v128.store(to, plus(PRODUCT, d0, plus(-SUM, d2, d4)));
  v128.store(to + 5 * toStep, plus(PRODUCT, d1, plus(-SUM, d3, d5)));
  let even = plus(-B2, d2, d4);
  let odd = times(A, plus(-B2, d1, d3));
  v128.store(to + toStep, f32x4.add(even, odd));
  v128.store(to + 2 * toStep, f32x4.sub(even, odd));
  even = plus(-A2, d2, d4);
  odd = times(B, plus(-A2, d1, d3));
  v128.store(to + 3 * toStep, f32x4.add(even, odd));
  v128.store(to + 4 * toStep, f32x4.sub(even, odd));
}

/** Aᵀ: 6 → 4. */
// @ts-ignore: decorator
@inline
export function outputLine(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  const m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step);
  const evenA = f32x4.add(m1, m2), oddA = f32x4.sub(m1, m2);
  const evenB = f32x4.add(m3, m4), oddB = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(v128.load(from), f32x4.add(evenA, evenB)));
  v128.store(to + toStep, plus(B, oddB, times(A, oddA)));
  v128.store(to + 2 * toStep, plus(B2, evenB, times(A2, evenA)));
  v128.store(to + 3 * toStep, plus(B3, oddB, plus(A3, oddA, v128.load(from + 5 * step))));
}

/** A, for the output's gradient: 4 → 6. */
// @ts-ignore: decorator
@inline
export function outputGradientLine(from: usize, step: usize, to: usize, toStep: usize): void {
  const g0 = v128.load(from), g1 = v128.load(from + step);
  const g2 = v128.load(from + 2 * step), g3 = v128.load(from + 3 * step);
  v128.store(to, g0);
  v128.store(to + 5 * toStep, g3);
  let even = plus(A2, g2, g0);
  let odd = plus(A3, g3, times(A, g1));
  v128.store(to + toStep, f32x4.add(even, odd));
  v128.store(to + 2 * toStep, f32x4.sub(even, odd));
  even = plus(B2, g2, g0);
  odd = plus(B3, g3, times(B, g1));
  v128.store(to + 3 * toStep, f32x4.add(even, odd));
  v128.store(to + 4 * toStep, f32x4.sub(even, odd));
}

/** G: 3 taps → 6. */
// @ts-ignore: decorator
@inline
export function filterLine(from: usize, step: usize, to: usize, toStep: usize): void {
  const w0 = v128.load(from), w1 = v128.load(from + step), w2 = v128.load(from + 2 * step);
  v128.store(to, times(INVERSE_0, w0));
  let even = times(INVERSE_A, plus(A2, w2, w0)), odd = times(INVERSE_A * A, w1);
  v128.store(to + toStep, f32x4.add(even, odd));
  v128.store(to + 2 * toStep, f32x4.sub(even, odd));
  even = times(INVERSE_B, plus(B2, w2, w0));
  odd = times(INVERSE_B * B, w1);
  v128.store(to + 3 * toStep, f32x4.add(even, odd));
  v128.store(to + 4 * toStep, f32x4.sub(even, odd));
  v128.store(to + 5 * toStep, w2);
}

/** Gᵀ, for the filter's gradient: 6 → 3 taps. */
// @ts-ignore: decorator
@inline
export function filterGradientLine(from: usize, step: usize, to: usize, toStep: usize, accumulate: bool): void {
  const u1 = v128.load(from + step), u2 = v128.load(from + 2 * step);
  const u3 = v128.load(from + 3 * step), u4 = v128.load(from + 4 * step);
  const evenA = times(INVERSE_A, f32x4.add(u1, u2)), oddA = times(INVERSE_A * A, f32x4.sub(u1, u2));
  const evenB = times(INVERSE_B, f32x4.add(u3, u4)), oddB = times(INVERSE_B * B, f32x4.sub(u3, u4));
  put(to, plus(INVERSE_0, v128.load(from), f32x4.add(evenA, evenB)), accumulate);
  put(to + toStep, f32x4.add(oddA, oddB), accumulate);
  put(to + 2 * toStep, plus(A2, evenA, plus(B2, evenB, v128.load(from + 5 * step))), accumulate);
}
