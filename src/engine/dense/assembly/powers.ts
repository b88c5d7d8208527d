import { exp32 } from "./exponential32";
import { transposed } from "./lanes";

/*
 * Groups of four rows, a block of groups at a time: long loops of independent steps, whose constants are loaded once.
 * Differences to the largest entry in float32: what they lose by rounding, their power has lost already.
 */

/** Most groups of a block. */
export const GROUPS: i32 = 64;

/** Groups of a block: as many as stay in the first cache. */
// @ts-ignore: decorator
@inline
export function groupsOf(columns: i32): i32 {
  return max(1, min(GROUPS, 1024 / columns));
}

/**
 * (z − max z) · inverse of the `groups` · 4 rows from `row` on, those beyond the last the last once more: to
 * [groups, columns, 4], and max z to `tops` [groups, 4].
 */
export function differences(
  rows: usize, columns: i32, row: i32, hi: i32, groups: i32, inverse: f32, to: usize, tops: usize,
): void {
  const bytes: usize = <usize>columns << 2;
  const last: usize = rows + <usize>(hi - 1) * bytes;
  const scale = f32x4.splat(inverse);
  let a: usize = rows + <usize>row * bytes;
  for (let group = 0; group < groups; group++) {
    const top = transposed(a, min(a + bytes, last), min(a + 2 * bytes, last), min(a + 3 * bytes, last), bytes, to);
    const end: usize = to + (bytes << 2);
    for (; to < end; to += 16) v128.store(to, f32x4.mul(f32x4.sub(v128.load(to), top), scale));
    v128.store(tops, top);
    tops += 16;
    a += bytes << 2;
  }
}

/** e^x of so many vectors of four x ≤ 0. */
export function powers(from: usize, vectors: i32, to: usize): void {
  const end: usize = from + (<usize>vectors << 4);
  for (const pairs: usize = end - 16; from < pairs; from += 32, to += 32) {
    const first = exp32(v128.load(from)), second = exp32(v128.load(from, 16));
    v128.store(to, first);
    v128.store(to, second, 16);
  }
  if (from < end) v128.store(to, exp32(v128.load(from)));
}
