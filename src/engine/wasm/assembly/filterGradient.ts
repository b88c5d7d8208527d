import { madd } from "./simd";

/**
 * Gradient of a convolution's weights, in panel layout: dw[panel][k][8] = Σ over images and pixels of
 * x(receptive field position k) · dy(8 output channels).
 *
 * Work item i is the tile (row of 4 input floats = i / panels, panel = i mod panels): 4 × 8 sums in registers.
 * Images go in blocks of `block`, whose partial sums are added in order; the block is part of the plan, so the
 * bits depend on neither the thread count nor `lo` and `hi`.
 *
 * @param rowTable byte offset, from a pixel's corner, of each row of 4 input floats
 * @param n images of this batch
 * @param height rows of dy
 * @param width columns of dy
 * @param panelBytes bytes of one weight panel
 */
export function filterGradient(
  x: usize, dy: usize, dw: usize, lo: i32, hi: i32, n: i32, block: i32, height: i32, width: i32,
  xImage: usize, xRow: usize, xPixel: usize, rowTable: usize,
  panels: i32, panelBytes: usize, dyImage: usize, dyRow: usize, dyPanel: usize,
): void {
  const rowBytes: usize = <usize>width << 5;
  for (let first = 0; first < n; first += block) {
    const last = min(first + block, n);
    for (let item = lo; item < hi; item++) {
      const row = item / panels;
      const panel = item % panels;
      const xBase: usize = x + <usize>load<i32>(rowTable + (<usize>row << 2));
      const dyBase: usize = dy + <usize>panel * dyPanel;
      let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
      for (let image = first; image < last; image++) {
        for (let line = 0; line < height; line++) {
          let a: usize = xBase + <usize>image * xImage + <usize>line * xRow;
          let g: usize = dyBase + <usize>image * dyImage + <usize>line * dyRow;
          const end: usize = g + rowBytes;
          while (g < end) {
            const g0 = v128.load(g), g1 = v128.load(g, 16);
            let s = v128.load_splat<f32>(a);
            c00 = madd(s, g0, c00); c01 = madd(s, g1, c01);
            s = v128.load_splat<f32>(a, 4);
            c10 = madd(s, g0, c10); c11 = madd(s, g1, c11);
            s = v128.load_splat<f32>(a, 8);
            c20 = madd(s, g0, c20); c21 = madd(s, g1, c21);
            s = v128.load_splat<f32>(a, 12);
            c30 = madd(s, g0, c30); c31 = madd(s, g1, c31);
            a += xPixel; g += 32;
          }
        }
      }
      const t: usize = dw + <usize>panel * panelBytes + (<usize>row << 7);
      if (first > 0) {
        c00 = f32x4.add(c00, v128.load(t)); c01 = f32x4.add(c01, v128.load(t, 16));
        c10 = f32x4.add(c10, v128.load(t, 32)); c11 = f32x4.add(c11, v128.load(t, 48));
        c20 = f32x4.add(c20, v128.load(t, 64)); c21 = f32x4.add(c21, v128.load(t, 80));
        c30 = f32x4.add(c30, v128.load(t, 96)); c31 = f32x4.add(c31, v128.load(t, 112));
      }
      v128.store(t, c00); v128.store(t, c01, 16); v128.store(t, c10, 32); v128.store(t, c11, 48);
      v128.store(t, c20, 64); v128.store(t, c21, 80); v128.store(t, c30, 96); v128.store(t, c31, 112);
    }
  }
}
