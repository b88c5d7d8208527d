import { blocksOf, clearBorder, heightOf, plane, rowStride, widthOf } from "./map";
import { madd } from "./simd";

/**
 * out = relu?(a + b), each summand a map as it is or its batch norm x·scale + shift.
 *
 * @param aNorm the norm's vectors, see batchNorm.ts; 0 = the map as it is
 * @param b 0 = no second summand
 * @param relu 1 = negative sums become 0
 * @param lo first image
 * @param hi one past the last
 */
export function combine(
  out: usize, a: usize, aNorm: usize, b: usize, bNorm: usize, relu: i32, lo: i32, hi: i32,
): void {
  const one = f32x4.splat(1), zero = f32x4.splat(0), floor = f32x4.splat(relu ? 0 : -Infinity);
  const blocks = blocksOf(out), height = heightOf(out);
  const rowBytes: usize = <usize>widthOf(out) << 5;
  const stride: usize = <usize>blocks << 5;
  for (let n = lo; n < hi; n++) {
    for (let block = 0; block < blocks; block++) {
      clearBorder(out, n, block);
      const v: usize = aNorm + (<usize>block << 5), w: usize = bNorm + (<usize>block << 5);
      let s0 = one, s1 = one, t0 = zero, t1 = zero, u0 = one, u1 = one, x0 = zero, x1 = zero;
      if (aNorm) {
        s0 = v128.load(v); s1 = v128.load(v, 16);
        t0 = v128.load(v + stride); t1 = v128.load(v + stride, 16);
      }
      if (bNorm) {
        u0 = v128.load(w); u1 = v128.load(w, 16);
        x0 = v128.load(w + stride); x1 = v128.load(w + stride, 16);
      }
      let line = plane(out, n, block), aLine = plane(a, n, block), bLine: usize = b ? plane(b, n, block) : 0;
      for (let row = 0; row < height; row++) {
        let o = line, p = aLine, q = bLine;
        const end: usize = o + rowBytes;
        if (b) {
          while (o < end) {
            const y0 = f32x4.add(madd(v128.load(p), s0, t0), madd(v128.load(q), u0, x0));
            const y1 = f32x4.add(madd(v128.load(p, 16), s1, t1), madd(v128.load(q, 16), u1, x1));
            // pmax, not max: one instruction, and NaN passes.
            v128.store(o, f32x4.pmax(y0, floor)); v128.store(o, f32x4.pmax(y1, floor), 16);
            o += 32; p += 32; q += 32;
          }
          bLine += rowStride(b);
        } else {
          while (o < end) {
            v128.store(o, f32x4.pmax(madd(v128.load(p), s0, t0), floor));
            v128.store(o, f32x4.pmax(madd(v128.load(p, 16), s1, t1), floor), 16);
            o += 32; p += 32;
          }
        }
        line += rowStride(out);
        aLine += rowStride(a);
      }
    }
  }
}
