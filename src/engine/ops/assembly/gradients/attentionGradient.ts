import { exp32 } from "../../../dense/assembly/exponential32";
import { blocksOf, clearBorder, heightOf, plane, rowStride, widthOf } from "../../../wasm/assembly/map";
import { madd } from "../../../wasm/assembly/simd";

/**
 * Gradients of q, k and v of y = attention(q, k, v): for each pixel of q the softmax weights anew, then theirs.
 * Images are gathered into rows of channels, [pixels][C], C rounded up to 8.
 *
 * @param work per image `stride` bytes: q, its gradient, k, its gradient, v, its gradient, dy, two rows of keys
 * @param lo first image
 * @param hi one past the last
 */
export function attentionGradient(
  q: usize, k: usize, v: usize, dy: usize, dq: usize, dk: usize, dv: usize,
  scale: f32, work: usize, stride: usize, lo: i32, hi: i32,
): void {
  const queries = heightOf(q) * widthOf(q), keys = heightOf(k) * widthOf(k);
  const depth: usize = <usize>blocksOf(q) << 5, width: usize = <usize>blocksOf(v) << 5;
  const padded: usize = <usize>((keys + 3) & ~3) << 2;
  for (let n = lo; n < hi; n++) {
    const qs = work + <usize>n * stride;
    const dqs = qs + <usize>queries * depth;
    const ks = dqs + <usize>queries * depth;
    const dks = ks + <usize>keys * depth;
    const vs = dks + <usize>keys * depth;
    const dvs = vs + <usize>keys * width;
    const dys = dvs + <usize>keys * width;
    const weights = dys + <usize>queries * width;
    const slopes = weights + padded;
    gather(q, n, qs); gather(k, n, ks); gather(v, n, vs); gather(dy, n, dys);
    memory.fill(dqs, 0, <usize>queries * depth);
    memory.fill(dks, 0, <usize>keys * depth);
    memory.fill(dvs, 0, <usize>keys * width);
    for (let i: usize = 0; i < <usize>queries; i++) {
      const query = qs + i * depth, slope = dys + i * width;
      softmax(query, ks, keys, depth, scale, weights, padded);
      let mean: f32 = 0;
      for (let j: usize = 0; j < <usize>keys; j++) {
        const each = dot(slope, vs + j * width, width);
        store<f32>(slopes + (j << 2), each);
        mean += load<f32>(weights + (j << 2)) * each;
      }
      for (let j: usize = 0; j < <usize>keys; j++) {
        const weight = load<f32>(weights + (j << 2));
        const along = scale * weight * (load<f32>(slopes + (j << 2)) - mean);
        addScaled(dqs + i * depth, ks + j * depth, along, depth);
        addScaled(dks + j * depth, query, along, depth);
        addScaled(dvs + j * width, slope, weight, width);
      }
    }
    scatter(dqs, dq, n); scatter(dks, dk, n); scatter(dvs, dv, n);
  }
}

/** weights[j] = softmax over j of scale · ⟨query, key j⟩; those up to `padded` bytes are 0. */
function softmax(query: usize, ks: usize, keys: i32, depth: usize, scale: f32, weights: usize, padded: usize): void {
  let top: f32 = -Infinity;
  for (let j: usize = 0; j < <usize>keys; j++) {
    const logit = scale * dot(query, ks + j * depth, depth);
    store<f32>(weights + (j << 2), logit);
    top = max(top, logit);
  }
  for (let at: usize = <usize>keys << 2; at < padded; at += 4) store<f32>(weights + at, -Infinity);
  for (let at: usize = 0; at < padded; at += 16) {
    v128.store(weights + at, exp32(f32x4.sub(v128.load(weights + at), f32x4.splat(top))));
  }
  let sum: f32 = 0;
  for (let j: usize = 0; j < <usize>keys; j++) sum += load<f32>(weights + (j << 2));
  const factor = f32x4.splat(1 / sum);
  for (let at: usize = 0; at < padded; at += 16) {
    v128.store(weights + at, f32x4.mul(v128.load(weights + at), factor));
  }
}

// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, bytes: usize): f32 {
  let s = f32x4.splat(0), t = s;
  for (let at: usize = 0; at < bytes; at += 32) {
    s = madd(v128.load(a + at), v128.load(b + at), s);
    t = madd(v128.load(a + at, 16), v128.load(b + at, 16), t);
  }
  s = f32x4.add(s, t);
  return f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
}

// @ts-ignore: decorator
@inline
function addScaled(to: usize, from: usize, factor: f32, bytes: usize): void {
  const f = f32x4.splat(factor);
  for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, madd(v128.load(from + at), f, v128.load(to + at)));
}

/** An image's pixels as rows of channels. */
function gather(map: usize, n: i32, to: usize): void {
  const blocks = blocksOf(map), height = heightOf(map), width = widthOf(map);
  const row: usize = <usize>blocks << 5;
  for (let block = 0; block < blocks; block++) {
    let at = to + (<usize>block << 5);
    for (let i = 0; i < height; i++) {
      const line = plane(map, n, block) + <usize>i * rowStride(map);
      for (let j: usize = 0; j < <usize>width; j++) {
        v128.store(at, v128.load(line + (j << 5))); v128.store(at, v128.load(line + (j << 5), 16), 16);
        at += row;
      }
    }
  }
}

/** The way back. */
function scatter(from: usize, map: usize, n: i32): void {
  const blocks = blocksOf(map), height = heightOf(map), width = widthOf(map);
  const row: usize = <usize>blocks << 5;
  for (let block = 0; block < blocks; block++) {
    clearBorder(map, n, block);
    let at = from + (<usize>block << 5);
    for (let i = 0; i < height; i++) {
      const line = plane(map, n, block) + <usize>i * rowStride(map);
      for (let j: usize = 0; j < <usize>width; j++) {
        v128.store(line + (j << 5), v128.load(at)); v128.store(line + (j << 5), v128.load(at, 16), 16);
        at += row;
      }
    }
  }
}
