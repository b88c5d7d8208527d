import { blocksOf, clearBorder, heightOf, plane, rowStride, widthOf } from "./map";

/** Mean over rows and columns → features [n][C]. */
export function globalAverage(x: usize, features: usize, lo: i32, hi: i32): void {
  const blocks = blocksOf(x), height = heightOf(x), width = widthOf(x);
  const share = f32x4.splat(<f32>1.0 / <f32>(height * width));
  for (let n = lo; n < hi; n++) {
    for (let block = 0; block < blocks; block++) {
      let s0 = f32x4.splat(0), s1 = s0;
      let line = plane(x, n, block);
      for (let row = 0; row < height; row++) {
        let p = line;
        const end: usize = p + (<usize>width << 5);
        while (p < end) {
          s0 = f32x4.add(s0, v128.load(p)); s1 = f32x4.add(s1, v128.load(p, 16));
          p += 32;
        }
        line += rowStride(x);
      }
      const f: usize = features + (<usize>(n * blocks + block) << 5);
      v128.store(f, f32x4.mul(s0, share)); v128.store(f, f32x4.mul(s1, share), 16);
    }
  }
}

/** Its gradient: d features [n][C] → dx. */
export function globalAverageGradient(dFeatures: usize, dx: usize, lo: i32, hi: i32): void {
  const blocks = blocksOf(dx), height = heightOf(dx), width = widthOf(dx);
  const share = f32x4.splat(<f32>1.0 / <f32>(height * width));
  for (let n = lo; n < hi; n++) {
    for (let block = 0; block < blocks; block++) {
      clearBorder(dx, n, block);
      const f: usize = dFeatures + (<usize>(n * blocks + block) << 5);
      const a = f32x4.mul(v128.load(f), share), b = f32x4.mul(v128.load(f, 16), share);
      let line = plane(dx, n, block);
      for (let row = 0; row < height; row++) {
        let p = line;
        const end: usize = p + (<usize>width << 5);
        while (p < end) {
          v128.store(p, a); v128.store(p, b, 16);
          p += 32;
        }
        line += rowStride(dx);
      }
    }
  }
}
