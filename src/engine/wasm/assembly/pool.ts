import { blocksOf, clearBorder, clearPlane, heightOf, plane, rowStride, widthOf } from "./map";

/**
 * Maximum or average over windows. Padding is no part of a maximum; in an average it counts as zeros.
 *
 * @param maximum 1 = maximum, 0 = average
 */
export function pool(
  x: usize, y: usize, kernel: i32, stride: i32, padding: i32, maximum: i32, lo: i32, hi: i32,
): void {
  const blocks = blocksOf(y), height = heightOf(y), width = widthOf(y);
  const xHeight = heightOf(x), xWidth = widthOf(x), xRow = rowStride(x);
  const start = f32x4.splat(maximum ? -Infinity : 0);
  const share = f32x4.splat(maximum ? 1 : <f32>1.0 / <f32>(kernel * kernel));
  for (let n = lo; n < hi; n++) {
    for (let block = 0; block < blocks; block++) {
      clearBorder(y, n, block);
      const from = plane(x, n, block), to = plane(y, n, block);
      for (let row = 0; row < height; row++) {
        const top = max(0, row * stride - padding), bottom = min(xHeight, row * stride - padding + kernel);
        for (let column = 0; column < width; column++) {
          const left = max(0, column * stride - padding), right = min(xWidth, column * stride - padding + kernel);
          let r0 = start, r1 = start;
          for (let i = top; i < bottom; i++) {
            let p: usize = from + <usize>i * xRow + (<usize>left << 5);
            const end: usize = p + (<usize>(right - left) << 5);
            while (p < end) {
              const a = v128.load(p), b = v128.load(p, 16);
              if (maximum) { r0 = f32x4.max(r0, a); r1 = f32x4.max(r1, b); }
              else { r0 = f32x4.add(r0, a); r1 = f32x4.add(r1, b); }
              p += 32;
            }
          }
          const o: usize = to + <usize>row * rowStride(y) + (<usize>column << 5);
          v128.store(o, f32x4.mul(r0, share)); v128.store(o, f32x4.mul(r1, share), 16);
        }
      }
    }
  }
}

/**
 * Its gradient, window by window: an average shares dy out evenly, a maximum gives it to the first pixel in scan
 * order that equals y. Images are added to by their own thread only, always in this order.
 *
 * @param x and y: read for a maximum only
 */
export function poolGradient(
  x: usize, y: usize, dy: usize, dx: usize, kernel: i32, stride: i32, padding: i32, maximum: i32, accumulate: i32,
  lo: i32, hi: i32,
): void {
  const blocks = blocksOf(dy), height = heightOf(dy), width = widthOf(dy);
  const dxHeight = heightOf(dx), dxWidth = widthOf(dx), dxRow = rowStride(dx);
  const share = f32x4.splat(<f32>1.0 / <f32>(kernel * kernel));
  for (let n = lo; n < hi; n++) {
    for (let block = 0; block < blocks; block++) {
      if (!accumulate) clearPlane(dx, n, block);
      const to = plane(dx, n, block), from = plane(dy, n, block);
      const xPlane: usize = maximum ? plane(x, n, block) : 0, yPlane: usize = maximum ? plane(y, n, block) : 0;
      for (let row = 0; row < height; row++) {
        const top = max(0, row * stride - padding), bottom = min(dxHeight, row * stride - padding + kernel);
        for (let column = 0; column < width; column++) {
          const left = max(0, column * stride - padding), right = min(dxWidth, column * stride - padding + kernel);
          const g: usize = from + <usize>row * rowStride(dy) + (<usize>column << 5);
          let g0 = v128.load(g), g1 = v128.load(g, 16);
          if (!maximum) { g0 = f32x4.mul(g0, share); g1 = f32x4.mul(g1, share); }
          const o: usize = yPlane + (maximum ? <usize>row * rowStride(y) + (<usize>column << 5) : 0);
          for (let i = top; i < bottom; i++) {
            for (let j = left; j < right; j++) {
              const d: usize = to + <usize>i * dxRow + (<usize>j << 5);
              let a = g0, b = g1;
              if (maximum) {
                const p: usize = xPlane + <usize>i * rowStride(x) + (<usize>j << 5);
                const m0 = f32x4.eq(v128.load(p), v128.load(o)), m1 = f32x4.eq(v128.load(p, 16), v128.load(o, 16));
                // What has found its pixel is given to no other.
                a = v128.and(g0, m0); b = v128.and(g1, m1);
                g0 = v128.andnot(g0, m0); g1 = v128.andnot(g1, m1);
              }
              v128.store(d, f32x4.add(v128.load(d), a)); v128.store(d, f32x4.add(v128.load(d, 16), b), 16);
            }
          }
        }
      }
    }
  }
}
