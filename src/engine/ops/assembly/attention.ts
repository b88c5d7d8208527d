import { exp32 } from "../../dense/assembly/exponential32";
import { convolve } from "../../wasm/assembly/convolve";
import { blocksOf, heightOf, plane, rowStride, widthOf } from "../../wasm/assembly/map";
import { threadScratch } from "./scratch";

/** Keys [n, d, a·b] as panels [n][keys/8][d padded][8 keys]; keys that are none are 0. Items are (image, panel). */
export function packKeys(k: usize, to: usize, panels: i32, lo: i32, hi: i32): void {
  const width = widthOf(k), keys = heightOf(k) * width, row = rowStride(k), blocks = blocksOf(k);
  for (let item = lo; item < hi; item++) {
    const n = item / panels, first = item % panels << 3;
    for (let block = 0; block < blocks; block++) {
      const source = plane(k, n, block);
      const target: usize = to + (<usize>(item * blocks + block) << 8);
      for (let key = 0; key < 8; key++) {
        const there = first + key < keys;
        const at = source + <usize>((first + key) / width) * row + (<usize>((first + key) % width) << 5);
        for (let lane: usize = 0; lane < 8; lane++) {
          store<f32>(target + (lane << 5) + (<usize>key << 2), there ? load<f32>(at + (lane << 2)) : 0);
        }
      }
    }
  }
}

/** Values as panels [n][e/8][keys padded][8]. Items are (image, block). */
export function packValues(v: usize, to: usize, padded: i32, lo: i32, hi: i32): void {
  const height = heightOf(v), width = widthOf(v), row = rowStride(v), blocks = blocksOf(v);
  const line: usize = <usize>width << 5;
  for (let item = lo; item < hi; item++) {
    const source = plane(v, item / blocks, item % blocks);
    const target: usize = to + (<usize>(item * padded) << 5);
    for (let i: usize = 0; i < <usize>height; i++) memory.copy(target + i * line, source + i * row, line);
    memory.fill(target + <usize>height * line, 0, <usize>(padded - height * width) << 5);
  }
}

/**
 * y = softmax(scale · ⟨q, k⟩) v by tiles of `tile` queries. q and y without a border. Items are (image, tile).
 * Work space: tile × padded keys × 4 bytes.
 *
 * @param keyTable byte offsets of q's blocks
 * @param valueTable byte offsets of the blocks of the scores, tile · 32 apart
 */
export function attend(
  q: usize, k: usize, v: usize, y: usize, keys: i32, tile: i32, scale: f32, keyTable: usize, valueTable: usize,
  lo: i32, hi: i32,
): void {
  const pixels = heightOf(q) * widthOf(q), tiles = (pixels + tile - 1) / tile;
  const depth = blocksOf(q), blocks = blocksOf(y), panels = (keys + 7) >> 3;
  const scores = threadScratch();
  const step: usize = <usize>tile << 5;
  const plane1: usize = <usize>pixels << 5;
  for (let item = lo; item < hi; item++) {
    const n = item / tiles, first = item % tiles * tile;
    const count = min(tile, pixels - first);
    convolve(
      plane(q, n, 0) + (<usize>first << 5), k + (<usize>(n * panels * depth) << 8), scores, 0, 1, 1, 1, count,
      0, 0, 32, depth, keyTable, 8, panels, 0, 0, 32, step, 0, 0, 0,
    );
    for (let query: usize = 0; query < <usize>count; query++) softmax(scores + (query << 5), step, keys, scale);
    convolve(
      scores, v + (<usize>(n * blocks * panels) << 8), plane(y, n, 0) + (<usize>first << 5), 0, 1, 1, 1, count,
      0, 0, 32, panels, valueTable, 8, blocks, 0, 0, 32, plane1, 0, 0, 0,
    );
  }
}

/** Scores of one query, 8 keys every `step` bytes → weights that sum to 1; those of keys that are none become 0. */
function softmax(scores: usize, step: usize, keys: i32, scale: f32): void {
  const factor = f32x4.splat(scale);
  const end: usize = scores + <usize>(keys >> 3) * step;
  const rest = keys & 7;
  const last: usize = rest ? end + step : end;
  let top = f32x4.splat(-Infinity);
  for (let p = scores; p < last; p += step) {
    const a = f32x4.mul(v128.load(p), factor), b = f32x4.mul(v128.load(p, 16), factor);
    v128.store(p, a); v128.store(p, b, 16);
    if (p == end) for (let key: usize = <usize>rest; key < 8; key++) store<f32>(p + (key << 2), -Infinity);
    top = f32x4.pmax(f32x4.pmax(top, v128.load(p)), v128.load(p, 16));
  }
  const largest = max(
    max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  );
  const origin = f32x4.splat(largest);
  let sum0 = f32x4.splat(0), sum1 = sum0;
  for (let p = scores; p < last; p += step) {
    const a = exp32(f32x4.sub(v128.load(p), origin)), b = exp32(f32x4.sub(v128.load(p, 16), origin));
    v128.store(p, a); v128.store(p, b, 16);
    if (p == end) break;
    sum0 = f32x4.add(sum0, a);
    sum1 = f32x4.add(sum1, b);
  }
  const sums = f32x4.add(sum0, sum1);
  let sum: f32 = f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1)
    + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3));
  for (let key: usize = 0; key < <usize>rest; key++) sum += load<f32>(end + (key << 2));
  for (let key: usize = <usize>rest; rest && key < 8; key++) store<f32>(end + (key << 2), 0);
  const inverse = f32x4.splat(1 / sum);
  for (let p = scores; p < last; p += step) {
    v128.store(p, f32x4.mul(v128.load(p), inverse));
    v128.store(p, f32x4.mul(v128.load(p, 16), inverse), 16);
  }
}
