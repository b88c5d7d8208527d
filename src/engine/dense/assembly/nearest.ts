import { madd } from "../../wasm/assembly/simd";
import { keep, select } from "./candidates";
import { BLOCK, TILE_BYTES, tileOfRows } from "./tile";

/** 2⁻²⁴: half a unit in the last place of 1. */
const UNIT: f64 = 5.960464477539063e-8;

/** Above every finite key; where it is still the threshold, everything finite is a candidate. */
const UNBOUNDED: f32 = 3.4028234663852886e38;

/**
 * Squared Euclidean distance of queries `lo` to `hi` to their k-th nearest bank row: out [n].
 *
 * Keys |b|² − 2 q·b in float32 only sort out what cannot be the k-th: they err by at most `slack`, so that every row
 * within twice that of the k-th smallest key is a candidate, and the distance is that of the right candidate, computed
 * in float64 from the rows. Where more rows tie than there is room for, k of the smallest keys stay, and the distance
 * is exact within the slack.
 *
 * Queries come in blocks that stay in cache while the bank passes by once.
 *
 * @param queries [n, columns] row-major; @param queryNorms [n] float64, squared
 * @param panels the bank as packRows makes it; @param bankNorms [panels · 8] float32, squared, infinite beyond the last
 * @param count rows of the bank; @param largest the largest of their norms (not squared)
 * @param room candidates of a query: at least k + 16
 * @param block queries of a block: a multiple of 4
 * @param scratch one tile, then `block` thresholds, slacks, counts (4 bytes each), then `block` · `room` candidates
 */
export function nearest(
  queries: usize, columns: i32, queryNorms: usize, panels: usize, bankNorms: usize, count: i32, largest: f64,
  k: i32, room: i32, block: i32, out: usize, scratch: usize, lo: i32, hi: i32,
): void {
  const thresholds: usize = scratch + TILE_BYTES;
  const slacks: usize = thresholds + (<usize>block << 2);
  const counts: usize = slacks + (<usize>block << 2);
  const candidates: usize = counts + (<usize>block << 2);
  const panelBytes: usize = <usize>columns << 5;
  const roomBytes: usize = <usize>room << 3;
  const terms: f64 = <f64>(min(columns, BLOCK) + columns / BLOCK + 6);
  const minusTwo = f32x4.splat(-2);

  for (let first = lo; first < hi; first += block) {
    const last = min(first + block, hi);
    for (let q = first; q < last; q++) {
      const at: usize = <usize>(q - first) << 2;
      const norm = sqrt(load<f64>(queryNorms + (<usize>q << 3)));
      // Nothing is below NaN: a query that is not finite has no candidates.
      store<f32>(thresholds + at, norm < Infinity ? UNBOUNDED : NaN);
      store<f32>(slacks + at, <f32>(2 * UNIT * (terms * 2 * norm * largest + 2 * largest * largest)));
      store<i32>(counts + at, 0);
    }
    let panel: usize = panels;
    for (let bank = 0; bank < count; bank += 8) {
      const norms: usize = bankNorms + (<usize>bank << 2);
      const norm0 = v128.load(norms), norm1 = v128.load(norms, 16);
      for (let q = first; q < last; q += 4) {
        tileOfRows(queries, q, last, columns, panel, scratch);
        const height = min(4, last - q);
        for (let r = 0; r < height; r++) {
          const at: usize = <usize>(q - first + r) << 2;
          const products: usize = scratch + (<usize>r << 5);
          const key0 = madd(minusTwo, v128.load(products), norm0);
          const key1 = madd(minusTwo, v128.load(products, 16), norm1);
          const most = v128.load_splat<f32>(thresholds + at);
          const near = i32x4.bitmask(f32x4.le(key0, most)) | (i32x4.bitmask(f32x4.le(key1, most)) << 4);
          if (near) {
            v128.store(products, key0);
            v128.store(products, key1, 16);
            const own: usize = candidates + <usize>(q - first + r) * roomBytes;
            let filled = append(own, load<i32>(counts + at), products, near, bank);
            if (filled > room - 8) {
              const slack = load<f32>(slacks + at);
              filled = compact(own, filled, k, room, slack, thresholds + at);
            }
            store<i32>(counts + at, filled);
          }
        }
      }
      panel += panelBytes;
    }
    for (let q = first; q < last; q++) {
      const at: usize = <usize>(q - first) << 2;
      const own: usize = candidates + <usize>(q - first) * roomBytes;
      const query: usize = queries + ((<usize>q * <usize>columns) << 2);
      const filled = load<i32>(counts + at);
      let distance: f32 = Infinity;
      if (!(load<f64>(queryNorms + (<usize>q << 3)) < Infinity)) distance = NaN;
      else if (filled >= k) distance = decide(own, filled, k, load<f32>(slacks + at), query, panels, columns);
      store<f32>(out + (<usize>q << 2), distance);
    }
  }
}

// @ts-ignore: decorator
@inline
function append(own: usize, filled: i32, keys: usize, near: i32, bank: i32): i32 {
  let to: usize = own + (<usize>filled << 3);
  while (near) {
    const lane = ctz(near);
    store<f32>(to, load<f32>(keys + (<usize>lane << 2)));
    store<i32>(to, bank + lane, 4);
    to += 8;
    near &= near - 1;
  }
  return <i32>((to - own) >> 3);
}

/** Drops what can no longer be among the k nearest and lowers the threshold; how many remain. */
function compact(own: usize, filled: i32, k: i32, room: i32, slack: f32, threshold: usize): i32 {
  const kth = select(own, own + (<usize>filled << 3), k);
  const most = min(kth + slack, UNBOUNDED);
  const kept = keep(own, filled, most);
  if (kept <= room - 16) {
    store<f32>(threshold, most);
    return kept;
  }
  // Ties without end. Only what is strictly nearer may still come in: the next smaller float.
  store<f32>(threshold, below(kth));
  select(own, own + (<usize>kept << 3), k);
  return k;
}

// @ts-ignore: decorator
@inline
function below(value: f32): f32 {
  const bits = reinterpret<i32>(value);
  if (value == 0) return -1e-45;
  return reinterpret<f32>(value > 0 ? bits - 1 : bits + 1);
}

/** The k-th smallest distance: those of the candidates that the float32 keys leave in doubt are computed in float64. */
function decide(own: usize, filled: i32, k: i32, slack: f32, query: usize, panels: usize, columns: i32): f32 {
  const kth = select(own, own + (<usize>filled << 3), k);
  // What is certainly nearer goes to the front, what is certainly farther is dropped.
  const among = keep(own, filled, kth + slack);
  let nearer = 0;
  for (let i = 0; i < among; i++) {
    const at: usize = own + (<usize>i << 3);
    if (load<f32>(at) < kth - slack) {
      const front: usize = own + (<usize>nearer << 3);
      const candidate = load<u64>(at);
      store<u64>(at, load<u64>(front));
      store<u64>(front, candidate);
      nearer++;
    }
  }
  for (let i = nearer; i < among; i++) {
    const at: usize = own + (<usize>i << 3);
    store<f32>(at, <f32>squaredDistance(query, panels, load<i32>(at, 4), columns));
  }
  return select(own + (<usize>nearer << 3), own + (<usize>among << 3), k - nearer);
}

function squaredDistance(query: usize, panels: usize, row: i32, columns: i32): f64 {
  let from: usize = panels + ((<usize>(row >> 3) * <usize>columns) << 5) + (<usize>(row & 7) << 2);
  let sum: f64 = 0;
  for (let c = 0; c < columns; c++) {
    const difference = <f64>load<f32>(query) - <f64>load<f32>(from);
    sum += difference * difference;
    query += 4;
    from += 32;
  }
  return sum;
}
