import { energies } from "./energies";
import { exp, log } from "./exponential";
import { exp32 } from "./exponential32";
import { groupsOf } from "./powers";

/** The classes of the `alpha` largest logits of a row, the largest first; of equals the later class first. */
function rankTop(row: usize, columns: i32, alpha: i32, ranked: usize): void {
  for (let k = 0; k < columns; k++) {
    const logit = load<f32>(row + (<usize>k << 2));
    let place = min(k, alpha);
    while (place > 0) {
      const before = load<i32>(ranked + (<usize>(place - 1) << 2));
      if (load<f32>(row + (<usize>before << 2)) > logit) break;
      if (place < alpha) store<i32>(ranked + (<usize>place << 2), before);
      place--;
    }
    if (place < alpha) store<i32>(ranked + (<usize>place << 2), k);
  }
}

/** Euclidean distance of a row of float32 to one of float64. */
function distance(row: usize, mean: usize, columns: i32): f64 {
  const end: usize = row + (<usize>columns << 2);
  let squares = f64x2.splat(0);
  for (const pairs: usize = end - 4; row < pairs; row += 8, mean += 16) {
    const difference = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(row)), v128.load(mean));
    squares = f64x2.add(squares, f64x2.mul(difference, difference));
  }
  let sum = f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1);
  if (row < end) {
    const difference = <f64>load<f32>(row) - load<f64>(mean);
    sum += difference * difference;
  }
  return sqrt<f64>(sum);
}

/** 1 − exp(−q^shape) of two lanes; 0 for q ≤ 0. NaN stays. */
// @ts-ignore: decorator
@inline
function weibull(q: v128, shape: v128): v128 {
  const inside = f64x2.pmin(f64x2.pmax(q, f64x2.splat(1e-300)), f64x2.splat(1e300));
  const power = exp(f64x2.pmin(f64x2.mul(shape, log(inside)), f64x2.splat(709)));
  const value = f64x2.sub(f64x2.splat(1), exp(f64x2.neg(power)));
  return v128.andnot(value, f64x2.le(q, f64x2.splat(0)));
}

/** Revised logits of a row and that of "unknown", less the largest of them, in float32: out [columns + 1]. */
function revise(row: usize, columns: i32, alpha: i32, ranked: usize, strange: usize, wide: usize, out: usize): void {
  for (let k: usize = 0; k < <usize>columns; k++) store<f64>(wide + (k << 3), <f64>load<f32>(row + (k << 2)));
  let unknown: f64 = 0;
  for (let rank = 0; rank < alpha; rank++) {
    const at: usize = wide + (<usize>load<i32>(ranked + (<usize>rank << 2)) << 3);
    const logit = load<f64>(at);
    const kept = logit * (1 - (load<f64>(strange + (<usize>rank << 3)) * <f64>(alpha - rank)) / <f64>alpha);
    store<f64>(at, kept);
    unknown += logit - kept;
  }
  let top = unknown;
  for (let k: usize = 0; k < <usize>columns; k++) {
    const logit = load<f64>(wide + (k << 3));
    top = logit > top ? logit : top;
  }
  for (let k: usize = 0; k < <usize>columns; k++) store<f32>(out + (k << 2), <f32>(load<f64>(wide + (k << 3)) - top));
  store<f32>(out + (<usize>columns << 2), <f32>(unknown - top));
}

/**
 * Rows `lo` to `hi` of OpenMax: the largest of the columns + 1 probabilities, or minus that of "unknown": out [n].
 *
 * @param models means [columns, columns], then scale, shape and small, [columns] each, all float64
 * @param known 1 = minus the probability of "unknown"
 * @param scratch that of energies for columns + 1; the same again; then 20 · alpha bytes for each row of a block and
 *   8 · (columns + 3)
 */
export function openMax(
  rows: usize, columns: i32, models: usize, alpha: i32, known: i32, out: usize, scratch: usize, lo: i32, hi: i32,
): void {
  const block = 4 * groupsOf(columns + 1);
  const bytes: usize = <usize>columns << 2;
  const scales: usize = models + ((<usize>columns * <usize>columns) << 3);
  const shapes: usize = scales + (bytes << 1), smalls: usize = shapes + (bytes << 1);
  const revised: usize = scratch + <usize>block * (bytes + 8);
  const quotients: usize = revised + <usize>block * (bytes + 8);
  const powers: usize = quotients + ((<usize>block * <usize>alpha) << 3);
  const wide: usize = powers + ((<usize>block * <usize>alpha) << 3);
  const ranks: usize = wide + (<usize>(columns + 3) << 3);
  for (let first = lo; first < hi; first += block) {
    const count = min(block, hi - first);
    const from: usize = rows + <usize>first * bytes;
    for (let i = 0; i < count; i++) {
      const row: usize = from + <usize>i * bytes;
      const ranked: usize = ranks + (<usize>(i * alpha) << 2);
      rankTop(row, columns, alpha, ranked);
      for (let rank = 0; rank < alpha; rank++) {
        const k = <usize>load<i32>(ranked + (<usize>rank << 2)) << 3;
        const shifted = distance(row, models + k * <usize>columns, columns) - load<f64>(smalls + k) + 1;
        const at: usize = <usize>(i * alpha + rank) << 3;
        store<f64>(quotients + at, shifted / load<f64>(scales + k));
        store<f64>(powers + at, load<f64>(shapes + k));
      }
    }
    const end: usize = quotients + (<usize>(count * alpha) << 3);
    // An odd one out is computed beside whatever follows it, and that is not read.
    for (let at: usize = quotients, shape: usize = powers; at < end; at += 16, shape += 16) {
      v128.store(at, weibull(v128.load(at), v128.load(shape)));
    }
    for (let i = 0; i < count; i++) {
      const own: usize = <usize>(i * alpha);
      revise(
        from + <usize>i * bytes, columns, alpha, ranks + (own << 2), quotients + (own << 3), wide,
        revised + <usize>i * (bytes + 4),
      );
    }
    const to: usize = out + (<usize>first << 2);
    energies(revised, columns + 1, 1, 1, to, scratch, 0, count);
    if (!known) continue;
    for (let i: usize = 0; i < <usize>count; i++) {
      const power = exp32(f32x4.splat(load<f32>(revised + (i + 1) * (bytes + 4) - 4)));
      store<f32>(to + (i << 2), -f32x4.extract_lane(power, 0) * load<f32>(to + (i << 2)));
    }
  }
}
