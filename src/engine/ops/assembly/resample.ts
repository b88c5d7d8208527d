import { blocksOf, clearBorder, heightOf, plane, rowStride, widthOf } from "../../wasm/assembly/map";
import { madd } from "../../wasm/assembly/simd";
import { threadScratch } from "./scratch";

/**
 * Resampling by a separable filter: along the rows into work space, then along the columns. Items are planes.
 * Work space: height of x × width of y × 32 bytes.
 *
 * @param taps float32
 * @param before zeros before the first pixel, after `up` − 1 zeros were put behind each
 */
export function filterMap(
  x: usize, y: usize, taps: usize, count: i32, up: i32, before: i32, gain: f32, lo: i32, hi: i32,
): void {
  const blocks = blocksOf(y), xRow = rowStride(x), yRow = rowStride(y);
  const h = heightOf(x), w = widthOf(x), height = heightOf(y), width = widthOf(y);
  const rows = threadScratch();
  const rowsRow: usize = <usize>width << 5;
  for (let item = lo; item < hi; item++) {
    const n = item / blocks, block = item % blocks;
    const source = plane(x, n, block), target = plane(y, n, block);
    for (let i = 0; i < h; i++) {
      filterLine(source + <usize>i * xRow, 32, w, rows + <usize>i * rowsRow, 32, width, taps, count, up, before, 1);
    }
    for (let j: usize = 0; j < <usize>width; j++) {
      filterLine(rows + (j << 5), rowsRow, h, target + (j << 5), yRow, height, taps, count, up, before, gain);
    }
    clearBorder(y, n, block);
  }
}

/** One line of `length` pixels, `step` bytes apart → one of `outputs`. */
function filterLine(
  from: usize, step: usize, length: i32, to: usize, toStep: usize, outputs: i32,
  taps: usize, count: i32, up: i32, before: i32, gain: f32,
): void {
  const factor = f32x4.splat(gain);
  for (let o = 0; o < outputs; o++) {
    // The first tap that meets a pixel, and that pixel.
    let tap = o < before ? before - o : 0;
    if (up == 2 && ((o - before + tap) & 1)) tap++;
    let pixel = (o - before + tap) / up;
    let a = f32x4.splat(0), b = a;
    while (tap < count && pixel < length) {
      const t = v128.load_splat<f32>(taps + (<usize>tap << 2));
      const at = from + <usize>pixel * step;
      a = madd(v128.load(at), t, a);
      b = madd(v128.load(at, 16), t, b);
      tap += up;
      pixel++;
    }
    v128.store(to, f32x4.mul(a, factor));
    v128.store(to, f32x4.mul(b, factor), 16);
    to += toStep;
  }
}

/** Largest or mean of the pixels that are there. Items are planes. */
export function poolMap(
  x: usize, y: usize, kernel: i32, stride: i32, padding: i32, average: i32, lo: i32, hi: i32,
): void {
  const blocks = blocksOf(y), xRow = rowStride(x), yRow = rowStride(y);
  const h = heightOf(x), w = widthOf(x), height = heightOf(y), width = widthOf(y);
  for (let item = lo; item < hi; item++) {
    const n = item / blocks, block = item % blocks;
    const source = plane(x, n, block);
    let line = plane(y, n, block);
    for (let row = 0; row < height; row++) {
      const top = max(0, row * stride - padding), bottom = min(h, row * stride - padding + kernel);
      let target = line;
      for (let column = 0; column < width; column++) {
        const left = max(0, column * stride - padding), right = min(w, column * stride - padding + kernel);
        let a = f32x4.splat(average ? 0 : -Infinity), b = a;
        for (let i = top; i < bottom; i++) {
          let at = source + <usize>i * xRow + (<usize>left << 5);
          for (let j = left; j < right; j++) {
            if (average) { a = f32x4.add(a, v128.load(at)); b = f32x4.add(b, v128.load(at, 16)); }
            // f32x4.max gives NaN where either is one.
            else { a = f32x4.max(a, v128.load(at)); b = f32x4.max(b, v128.load(at, 16)); }
            at += 32;
          }
        }
        if (average) {
          const count = f32x4.splat(<f32>((bottom - top) * (right - left)));
          a = f32x4.div(a, count); b = f32x4.div(b, count);
        }
        v128.store(target, a); v128.store(target, b, 16);
        target += 32;
      }
      line += yRow;
    }
    clearBorder(y, n, block);
  }
}
