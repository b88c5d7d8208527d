import { log } from "./exponential";
import { demoted, promoteHigh, storeFour } from "./lanes";
import { differences, groupsOf, powers } from "./powers";

/**
 * Rows `lo` to `hi` of the energy T · log Σ exp(z/T), or of the largest softmax probability of z/T: out [n].
 * NaN in a row makes its sum NaN, so its maximum need not be.
 *
 * @param probability 1 = the probability
 * @param scratch 16 · columns bytes for each group of a block, and 16 for each more
 */
export function energies(
  rows: usize, columns: i32, temperature: f64, probability: i32, out: usize, scratch: usize, lo: i32, hi: i32,
): void {
  const block = groupsOf(columns);
  const bytes: usize = <usize>columns << 4;
  const tops: usize = scratch + <usize>block * bytes;
  const inverse = <f32>(1 / temperature);
  const t = f64x2.splat(temperature), one = f64x2.splat(1);
  for (let row = lo; row < hi; row += 4 * block) {
    const groups = min(block, (hi - row + 3) >> 2);
    differences(rows, columns, row, hi, groups, inverse, scratch, tops);
    powers(scratch, groups * columns, scratch);
    let at: usize = scratch;
    for (let group = 0; group < groups; group++) {
      let low = f64x2.splat(0), high = low;
      for (const end: usize = at + bytes; at < end; at += 16) {
        const power = v128.load(at);
        low = f64x2.add(low, f64x2.promote_low_f32x4(power));
        high = f64x2.add(high, promoteHigh(power));
      }
      if (probability) {
        low = f64x2.div(one, low);
        high = f64x2.div(one, high);
      } else {
        const top = v128.load(tops + (<usize>group << 4));
        low = f64x2.add(f64x2.promote_low_f32x4(top), f64x2.mul(t, log(low)));
        high = f64x2.add(promoteHigh(top), f64x2.mul(t, log(high)));
      }
      const own = row + 4 * group;
      storeFour(out + (<usize>own << 2), hi - own, demoted(low, high));
    }
  }
}

/** softmax(z) of rows `lo` to `hi`: out [n, columns]; scratch as that of energies. */
export function softmax(rows: usize, columns: i32, out: usize, scratch: usize, lo: i32, hi: i32): void {
  const block = groupsOf(columns);
  const bytes: usize = <usize>columns << 2;
  const tops: usize = scratch + ((<usize>block * bytes) << 2);
  const last: usize = out + <usize>(hi - 1) * bytes;
  const one = f64x2.splat(1);
  for (let row = lo; row < hi; row += 4 * block) {
    const groups = min(block, (hi - row + 3) >> 2);
    differences(rows, columns, row, hi, groups, 1, scratch, tops);
    powers(scratch, groups * columns, scratch);
    let from: usize = scratch;
    for (let group = 0; group < groups; group++) {
      const a: usize = out + <usize>(row + 4 * group) * bytes;
      const b: usize = min(a + bytes, last), c: usize = min(a + 2 * bytes, last), d: usize = min(a + 3 * bytes, last);
      const end: usize = from + (bytes << 2);
      let low = f64x2.splat(0), high = low;
      for (let at: usize = from; at < end; at += 16) {
        const power = v128.load(at);
        low = f64x2.add(low, f64x2.promote_low_f32x4(power));
        high = f64x2.add(high, promoteHigh(power));
      }
      const share = demoted(f64x2.div(one, low), f64x2.div(one, high));
      for (let k: usize = 0; k < bytes; k += 4, from += 16) {
        const p = f32x4.mul(v128.load(from), share);
        v128.store_lane<f32>(a + k, p, 0);
        v128.store_lane<f32>(b + k, p, 1);
        v128.store_lane<f32>(c + k, p, 2);
        v128.store_lane<f32>(d + k, p, 3);
      }
    }
  }
}
