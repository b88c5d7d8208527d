import { madd } from "./simd";

/**
 * Direct convolution of blocked activations: per tile 4 output pixels × 8 output channels stay in registers.
 *
 * The receptive field of an output pixel is `segments` contiguous runs of `segmentLength` floats, at the byte
 * offsets listed in `segmentTable` from the pixel's corner. A weight panel holds, in the same order, 8 output
 * channels per input float. The four pixels of a tile may lie in different rows and images, so that maps of any
 * size fill the tile; each has its own pointer. The last tile of a block repeats its last pixel and stores it once.
 *
 * y(n, row, column, panel) = y + n·yImage + row·yRow + column·yPixel + panel·yPanel, in bytes; x likewise.
 * The sum over the receptive field runs in one fixed order, so the bits depend neither on `lo`, `hi` nor `block`.
 *
 * Without segments y becomes what is added: zeros where nothing is.
 *
 * @param lo first image
 * @param hi one past the last image
 * @param block images per pass over a weight panel
 * @param height rows of the output
 * @param width columns of the output
 * @param addend what is added to the sum, laid out as y (y itself = accumulate); 0 = nothing
 * @param bias one float per output channel, added too; 0 = none
 * @param relu 1 = negative results become 0, where there is a bias
 */
export function convolve(
  x: usize, w: usize, y: usize, lo: i32, hi: i32, block: i32, height: i32, width: i32,
  xImage: usize, xRow: usize, xPixel: usize,
  segments: i32, segmentTable: usize, segmentLength: i32,
  panels: i32, yImage: usize, yRow: usize, yPixel: usize, yPanel: usize,
  addend: usize, bias: usize, relu: i32,
): void {
  const panelBytes: usize = <usize>(segments * segmentLength) << 5;
  const segmentBytes: usize = <usize>segmentLength << 2;
  const xRowEnd: usize = xRow - <usize>(width - 1) * xPixel;
  const xImageEnd: usize = xImage - <usize>(height - 1) * xRow - <usize>(width - 1) * xPixel;
  const yRowEnd: usize = yRow - <usize>(width - 1) * yPixel;
  const yImageEnd: usize = yImage - <usize>(height - 1) * yRow - <usize>(width - 1) * yPixel;
  const toAddend: usize = addend - y;

  for (let first = lo; first < hi; first += block) {
    const last = min(first + block, hi);
    for (let panel = 0; panel < panels; panel++) {
      const weights: usize = w + <usize>panel * panelBytes;
      let left = (last - first) * height * width;
      let row = 0;
      let column = 0;
      let corner: usize = x + <usize>first * xImage;
      let target: usize = y + <usize>first * yImage + <usize>panel * yPanel;

      while (left > 0) {
        const corner0 = corner, target0 = target;
        let corner1 = corner, corner2 = corner, corner3 = corner;
        let target1 = target, target2 = target, target3 = target;
        // Step to the next pixel three times for the rest of the tile, and once more for the next tile.
        for (let pixel = 1; pixel <= 4; pixel++) {
          if (pixel < left) {
            if (++column < width) { corner += xPixel; target += yPixel; }
            else {
              column = 0;
              if (++row < height) { corner += xRowEnd; target += yRowEnd; }
              else { row = 0; corner += xImageEnd; target += yImageEnd; }
            }
          }
          if (pixel == 1) { corner1 = corner; target1 = target; }
          else if (pixel == 2) { corner2 = corner; target2 = target; }
          else if (pixel == 3) { corner3 = corner; target3 = target; }
        }

        let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
        let b: usize = weights;
        for (let segment = 0; segment < segments; segment++) {
          const offset: usize = <usize>load<i32>(segmentTable + (<usize>segment << 2));
          let a0: usize = corner0 + offset, a1: usize = corner1 + offset;
          let a2: usize = corner2 + offset, a3: usize = corner3 + offset;
          const end: usize = a0 + segmentBytes;
          // Not unrolled: the compiler would hoist the loads and spill the accumulators.
          while (a0 < end) {
            const b0 = v128.load(b), b1 = v128.load(b, 16);
            let a = v128.load_splat<f32>(a0);
            c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
            a = v128.load_splat<f32>(a1);
            c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
            a = v128.load_splat<f32>(a2);
            c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
            a = v128.load_splat<f32>(a3);
            c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
            a0 += 4; a1 += 4; a2 += 4; a3 += 4; b += 32;
          }
        }

        if (addend) {
          const t0 = target0 + toAddend, t1 = target1 + toAddend, t2 = target2 + toAddend, t3 = target3 + toAddend;
          c00 = f32x4.add(c00, v128.load(t0)); c01 = f32x4.add(c01, v128.load(t0, 16));
          if (left > 1) { c10 = f32x4.add(c10, v128.load(t1)); c11 = f32x4.add(c11, v128.load(t1, 16)); }
          if (left > 2) { c20 = f32x4.add(c20, v128.load(t2)); c21 = f32x4.add(c21, v128.load(t2, 16)); }
          if (left > 3) { c30 = f32x4.add(c30, v128.load(t3)); c31 = f32x4.add(c31, v128.load(t3, 16)); }
        }
        if (bias) {
          // Loaded here, so that they take no registers from the sums.
          const bias0 = v128.load(bias + (<usize>panel << 5)), bias1 = v128.load(bias + (<usize>panel << 5), 16);
          const floor = f32x4.splat(relu ? 0 : -Infinity);
          c00 = f32x4.pmax(f32x4.add(c00, bias0), floor); c01 = f32x4.pmax(f32x4.add(c01, bias1), floor);
          c10 = f32x4.pmax(f32x4.add(c10, bias0), floor); c11 = f32x4.pmax(f32x4.add(c11, bias1), floor);
          c20 = f32x4.pmax(f32x4.add(c20, bias0), floor); c21 = f32x4.pmax(f32x4.add(c21, bias1), floor);
          c30 = f32x4.pmax(f32x4.add(c30, bias0), floor); c31 = f32x4.pmax(f32x4.add(c31, bias1), floor);
        }
        v128.store(target0, c00); v128.store(target0, c01, 16);
        if (left > 1) { v128.store(target1, c10); v128.store(target1, c11, 16); }
        if (left > 2) { v128.store(target2, c20); v128.store(target2, c21, 16); }
        if (left > 3) { v128.store(target3, c30); v128.store(target3, c31, 16); }
        left -= 4;
      }
    }
  }
}
