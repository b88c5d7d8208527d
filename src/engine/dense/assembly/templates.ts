import { madd } from "../../wasm/assembly/simd";
import { log } from "./exponential";
import { demoted, promoteHigh, storeFour } from "./lanes";
import { differences, groupsOf, powers } from "./powers";
import { BLOCK } from "./tile";

/** From here down e^x is 0 in float32. */
const VANISHES: f32 = -104;

/** Σ x[j] · y[j] of the [columns, 4] at `x`, with each of four vectors of `bytes` bytes from `y` on: to [4, 4]. */
function fourDots(x: usize, columns: i32, y: usize, bytes: usize, out: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (let done = 0; done < columns; done += BLOCK) {
    const end: usize = y + (<usize>min(BLOCK, columns - done) << 2);
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
    for (; y < end; y += 4, x += 16) {
      const own = v128.load(x);
      c0 = madd(own, v128.load_splat<f32>(y), c0);
      c1 = madd(own, v128.load_splat<f32>(y + bytes), c1);
      c2 = madd(own, v128.load_splat<f32>(y + 2 * bytes), c2);
      c3 = madd(own, v128.load_splat<f32>(y + 3 * bytes), c3);
    }
    s0 = f32x4.add(s0, c0); s1 = f32x4.add(s1, c1); s2 = f32x4.add(s2, c2); s3 = f32x4.add(s3, c3);
  }
  v128.store(out, s0); v128.store(out, s1, 16); v128.store(out, s2, 32); v128.store(out, s3, 48);
}

/**
 * Largest −KL(softmax(z) ‖ d) over the templates d of rows `lo` to `hi`: out [n]. With w = exp(z − max z) and S = Σ w
 * that is (Σ w·log d − Σ w·(z − max z)) / S + log S; no probability is ever formed.
 *
 * @param count of templates, a multiple of 4
 * @param logs [count, columns], log d, and 0 where d is 0
 * @param zeros [count, columns], 1 where d is 0, else 0; null where no d is
 * @param scratch 32 · columns bytes for each group of a block, 16 for each more, and 64
 */
export function templateMatch(
  rows: usize, columns: i32, count: i32, logs: usize, zeros: usize, out: usize, scratch: usize, lo: i32, hi: i32,
): void {
  const block = groupsOf(columns);
  const bytes: usize = <usize>columns << 4;
  const weights: usize = scratch + <usize>block * bytes;
  const tops: usize = weights + <usize>block * bytes;
  const dots: usize = tops + (<usize>block << 4);
  for (let row = lo; row < hi; row += 4 * block) {
    const groups = min(block, (hi - row + 3) >> 2);
    differences(rows, columns, row, hi, groups, 1, scratch, tops);
    powers(scratch, groups * columns, weights);
    for (let group = 0; group < groups; group++) {
      const from: usize = scratch + <usize>group * bytes;
      const own: usize = weights + <usize>group * bytes;
      let low = f64x2.splat(0), high = low, lowEntropy = low, highEntropy = low;
      for (let at: usize = 0; at < bytes; at += 16) {
        // 0 · −Infinity would be NaN.
        const below = f32x4.pmax(v128.load(from + at), f32x4.splat(VANISHES));
        const power = v128.andnot(v128.load(own + at), f32x4.eq(below, f32x4.splat(VANISHES)));
        const weighted = f32x4.mul(power, below);
        v128.store(own + at, power);
        low = f64x2.add(low, f64x2.promote_low_f32x4(power));
        high = f64x2.add(high, promoteHigh(power));
        lowEntropy = f64x2.add(lowEntropy, f64x2.promote_low_f32x4(weighted));
        highEntropy = f64x2.add(highEntropy, promoteHigh(weighted));
      }
      const best = bestOf(own, columns, count, logs, zeros, dots);
      low = f64x2.add(f64x2.div(f64x2.sub(f64x2.promote_low_f32x4(best), lowEntropy), low), log(low));
      high = f64x2.add(f64x2.div(f64x2.sub(promoteHigh(best), highEntropy), high), log(high));
      const first = row + 4 * group;
      storeFour(out + (<usize>first << 2), hi - first, demoted(low, high));
    }
  }
}

/** Largest Σ w·log d over the templates, −Infinity for those that are 0 where w is not; w in [columns, 4]. */
// @ts-ignore: decorator
@inline
function bestOf(weights: usize, columns: i32, count: i32, logs: usize, zeros: usize, dots: usize): v128 {
  const bytes: usize = <usize>columns << 2;
  let best = f32x4.splat(-Infinity);
  for (let k = 0; k < count; k += 4) {
    const from: usize = <usize>k * bytes;
    fourDots(weights, columns, logs + from, bytes, dots);
    let m0 = v128.load(dots), m1 = v128.load(dots, 16), m2 = v128.load(dots, 32), m3 = v128.load(dots, 48);
    if (zeros) {
      fourDots(weights, columns, zeros + from, bytes, dots);
      const none = f32x4.splat(0), never = f32x4.splat(-Infinity);
      m0 = v128.bitselect(never, m0, f32x4.gt(v128.load(dots), none));
      m1 = v128.bitselect(never, m1, f32x4.gt(v128.load(dots, 16), none));
      m2 = v128.bitselect(never, m2, f32x4.gt(v128.load(dots, 32), none));
      m3 = v128.bitselect(never, m3, f32x4.gt(v128.load(dots, 48), none));
    }
    best = f32x4.pmax(f32x4.pmax(f32x4.pmax(f32x4.pmax(best, m0), m1), m2), m3);
  }
  return best;
}
