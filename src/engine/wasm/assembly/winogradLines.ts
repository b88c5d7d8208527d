import { madd } from "./simd";

/**
 * One-dimensional Winograd (Toom–Cook) transforms of four lanes at once, F(2, 3) and F(4, 3): a line of r + 2 input
 * values gives r outputs of a 3-tap filter with r + 2 multiplications instead of 3r. Two-dimensional transforms run
 * the lines over columns, then over rows. `step` is always the distance in bytes between neighbours of a line.
 *
 * With interpolation points p (and ∞): output matrix A has rows p^i; filter matrix G has rows (1, p, p²)/N(p),
 * N(p) = Π (p − q) over the other points; input matrix Bᵀ has the coefficients of Π (x − q). F(2, 3) takes 0, ±1;
 * F(4, 3) takes 0, ±¾, ±3/2, whose powers are exact in binary and whose rounding errors are about a third of those
 * of the usual 0, ±1, ±2.
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

/** Bᵀ of F(2, 3): 4 → 4. */
// @ts-ignore: decorator
@inline
export function input2(from: usize, step: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from), d1 = v128.load(from + step);
  const d2 = v128.load(from + 2 * step), d3 = v128.load(from + 3 * step);
  v128.store(to, f32x4.sub(d0, d2));
  v128.store(to + toStep, f32x4.add(d1, d2));
  v128.store(to + 2 * toStep, f32x4.sub(d2, d1));
  v128.store(to + 3 * toStep, f32x4.sub(d3, d1));
}

/** Bᵀ of F(4, 3): 6 → 6. */
// @ts-ignore: decorator
@inline
export function input4(from: usize, step: usize, to: usize, toStep: usize): void {
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

/** Aᵀ of F(2, 3): 4 → 2. */
// @ts-ignore: decorator
@inline
export function output2(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  v128.store(to, f32x4.add(v128.load(from), f32x4.add(m1, m2)));
  v128.store(to + toStep, f32x4.add(v128.load(from + 3 * step), f32x4.sub(m1, m2)));
}

/** Aᵀ of F(4, 3): 6 → 4. */
// @ts-ignore: decorator
@inline
export function output4(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  const m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step);
  const evenA = f32x4.add(m1, m2), oddA = f32x4.sub(m1, m2);
  const evenB = f32x4.add(m3, m4), oddB = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(v128.load(from), f32x4.add(evenA, evenB)));
  v128.store(to + toStep, plus(B, oddB, times(A, oddA)));
  v128.store(to + 2 * toStep, plus(B2, evenB, times(A2, evenA)));
  v128.store(to + 3 * toStep, plus(B3, oddB, plus(A3, oddA, v128.load(from + 5 * step))));
}

/** A of F(2, 3), for the output's gradient: 2 → 4. */
// @ts-ignore: decorator
@inline
export function outputGradient2(from: usize, step: usize, to: usize, toStep: usize): void {
  const g0 = v128.load(from), g1 = v128.load(from + step);
  v128.store(to, g0);
  v128.store(to + toStep, f32x4.add(g0, g1));
  v128.store(to + 2 * toStep, f32x4.sub(g0, g1));
  v128.store(to + 3 * toStep, g1);
}

/** A of F(4, 3), for the output's gradient: 4 → 6. */
// @ts-ignore: decorator
@inline
export function outputGradient4(from: usize, step: usize, to: usize, toStep: usize): void {
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

/** G of F(2, 3): 3 taps → 4. */
// @ts-ignore: decorator
@inline
export function filter2(from: usize, step: usize, to: usize, toStep: usize): void {
  const w0 = v128.load(from), w1 = v128.load(from + step), w2 = v128.load(from + 2 * step);
  const even = times(0.5, f32x4.add(w0, w2)), odd = times(0.5, w1);
  v128.store(to, w0);
  v128.store(to + toStep, f32x4.add(even, odd));
  v128.store(to + 2 * toStep, f32x4.sub(even, odd));
  v128.store(to + 3 * toStep, w2);
}

/** G of F(4, 3): 3 taps → 6. */
// @ts-ignore: decorator
@inline
export function filter4(from: usize, step: usize, to: usize, toStep: usize): void {
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

/** Gᵀ of F(2, 3), for the filter's gradient: 4 → 3 taps. */
// @ts-ignore: decorator
@inline
export function filterGradient2(from: usize, step: usize, to: usize, toStep: usize, accumulate: bool): void {
  const u1 = v128.load(from + step), u2 = v128.load(from + 2 * step);
  const even = times(0.5, f32x4.add(u1, u2));
  put(to, f32x4.add(v128.load(from), even), accumulate);
  put(to + toStep, times(0.5, f32x4.sub(u1, u2)), accumulate);
  put(to + 2 * toStep, f32x4.add(v128.load(from + 3 * step), even), accumulate);
}

/** Gᵀ of F(4, 3), for the filter's gradient: 6 → 3 taps. */
// @ts-ignore: decorator
@inline
export function filterGradient4(from: usize, step: usize, to: usize, toStep: usize, accumulate: bool): void {
  const u1 = v128.load(from + step), u2 = v128.load(from + 2 * step);
  const u3 = v128.load(from + 3 * step), u4 = v128.load(from + 4 * step);
  const evenA = times(INVERSE_A, f32x4.add(u1, u2)), oddA = times(INVERSE_A * A, f32x4.sub(u1, u2));
  const evenB = times(INVERSE_B, f32x4.add(u3, u4)), oddB = times(INVERSE_B * B, f32x4.sub(u3, u4));
  put(to, plus(INVERSE_0, v128.load(from), f32x4.add(evenA, evenB)), accumulate);
  put(to + toStep, f32x4.add(oddA, oddB), accumulate);
  put(to + 2 * toStep, plus(A2, evenA, plus(B2, evenB, v128.load(from + 5 * step))), accumulate);
}
