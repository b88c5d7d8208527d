import { madd } from "./simd";
import { filterGradient2, filterGradient4 } from "./winogradLines";
import { gather, inputTile, outputGradientTile, TEMPORARY } from "./winogradTiles";

/**
 * Gradient of a 3×3, stride-1, padding-1 convolution's weights over images lo…hi in the Winograd domain:
 * dw = Gᵀ (Σ over tiles of (A dy Aᵀ) ⊗ (Bᵀ x B)) G, in panel layout [panels][(block, tap, 8 in)][8 out].
 *
 * Images go in blocks of `block`, whose sums are added in order; call it with image ranges fixed by the plan, each
 * with a dw of its own, and add those by sumPartials, and the bits do not depend on the thread count.
 *
 * Strides as in winogradConvolve; x points at border pixel (−1, −1) of image 0, dy at pixel (0, 0); dy needs a
 * readable zero border only where the map is no multiple of the tile, and even there it is not read.
 *
 * @param tile 2 or 4
 * @param dw overwritten
 * @param block images per block
 * @param scratch of this thread: 2048 + 4608 + (tile + 2)² · (block · tiles per image · (blocks + panels) · 32 + 128)
 */
export function winogradFilterGradient(
  tile: i32, x: usize, dy: usize, dw: usize, lo: i32, hi: i32, block: i32, height: i32, width: i32,
  xImage: usize, xBlock: usize, xRow: usize, xPixel: usize, blocks: i32,
  dyImage: usize, dyPanel: usize, dyRow: usize, dyPixel: usize, panels: i32, scratch: usize,
): void {
  const side = tile + 2;
  const planes = <usize>(side * side);
  const columns = (width + tile - 1) / tile;
  const rows = (height + tile - 1) / tile;
  const most = <usize>(block * rows * columns);
  const vBlock: usize = most << 5;
  const vPlane: usize = <usize>blocks * vBlock + 64;
  const gPlane: usize = <usize>panels * vBlock + 64;
  const sums: usize = scratch + TEMPORARY;
  const v: usize = sums + 4608;
  const g: usize = v + planes * vPlane;

  for (let first = lo; first < hi; first += block) {
    const last = min(first + block, hi);
    let t: usize = 0;
    for (let image = first; image < last; image++) {
      for (let row = 0; row < height; row += tile) {
        for (let column = 0; column < width; column += tile) {
          let from: usize = x + <usize>image * xImage + <usize>row * xRow + <usize>column * xPixel;
          let high = min(side, height + 2 - row), wide = min(side, width + 2 - column);
          for (let i: usize = 0; i < <usize>blocks; i++) {
            const to = v + i * vBlock + t;
            if (high == side && wide == side) inputTile(tile, from, xRow, xPixel, to, vPlane, scratch);
            else inputTile(tile, gather(side, from, xRow, xPixel, high, wide, scratch), <usize>side << 5, 32, to, vPlane, scratch);
            from += xBlock;
          }
          from = dy + <usize>image * dyImage + <usize>row * dyRow + <usize>column * dyPixel;
          high = min(tile, height - row);
          wide = min(tile, width - column);
          for (let i: usize = 0; i < <usize>panels; i++) {
            const to = g + i * vBlock + t;
            if (high == tile && wide == tile) outputGradientTile(tile, from, dyRow, dyPixel, to, gPlane, scratch);
            else outputGradientTile(tile, gather(tile, from, dyRow, dyPixel, high, wide, scratch), <usize>tile << 5, 32, to, gPlane, scratch);
            from += dyPanel;
          }
          t += 32;
        }
      }
    }

    for (let panel: usize = 0; panel < <usize>panels; panel++) {
      // Four input channels at a time.
      for (let quad: usize = 0; quad < <usize>blocks << 1; quad++) {
        const a = v + (quad >> 1) * vBlock + ((quad & 1) << 4);
        const b = g + panel * vBlock;
        for (let plane: usize = 0; plane < planes; plane++) {
          correlate(a + plane * vPlane, b + plane * gPlane, t, sums + (plane << 7));
        }
        const target = dw + ((panel * <usize>blocks + (quad >> 1)) * 9 << 8) + ((quad & 1) << 7);
        for (let lane: usize = 0; lane < 128; lane += 16) {
          filterGradientTile(tile, sums + lane, target + lane, first > lo, scratch);
        }
      }
    }
  }
}

/** sums [4 in][8 out] = Σ over tiles of a [tiles][8, the first 4] ⊗ b [tiles][8]. */
function correlate(a: usize, b: usize, bytes: usize, sums: usize): void {
  const end: usize = a + bytes;
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  while (a < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load_splat<f32>(a);
    c00 = madd(s, b0, c00); c01 = madd(s, b1, c01);
    s = v128.load_splat<f32>(a, 4);
    c10 = madd(s, b0, c10); c11 = madd(s, b1, c11);
    s = v128.load_splat<f32>(a, 8);
    c20 = madd(s, b0, c20); c21 = madd(s, b1, c21);
    s = v128.load_splat<f32>(a, 12);
    c30 = madd(s, b0, c30); c31 = madd(s, b1, c31);
    a += 32; b += 32;
  }
  v128.store(sums, c00); v128.store(sums, c01, 16); v128.store(sums, c10, 32); v128.store(sums, c11, 48);
  v128.store(sums, c20, 64); v128.store(sums, c21, 80); v128.store(sums, c30, 96); v128.store(sums, c31, 112);
}

/** Gᵀ u G of four lanes: planes 128 bytes apart → 9 taps 256 bytes apart. */
function filterGradientTile(tile: i32, from: usize, to: usize, accumulate: bool, temporary: usize): void {
  if (tile == 4) {
    for (let i: usize = 0; i < 6; i++) filterGradient4(from + (i << 7), 768, temporary + (i << 4), 96, false);
    for (let i: usize = 0; i < 3; i++) filterGradient4(temporary + i * 96, 16, to + i * 768, 256, accumulate);
  } else {
    for (let i: usize = 0; i < 4; i++) filterGradient2(from + (i << 7), 512, temporary + (i << 4), 64, false);
    for (let i: usize = 0; i < 3; i++) filterGradient2(temporary + (i << 6), 16, to + i * 768, 256, accumulate);
  }
}

/**
 * Adds partial gradients in order: to[i] = Σ from[part][i].
 *
 * @param lo first group of 8 floats
 * @param hi one past the last
 * @param stride bytes from one part to the next
 */
export function sumPartials(from: usize, to: usize, lo: i32, hi: i32, parts: i32, stride: usize): void {
  const end: usize = <usize>hi << 5;
  for (let at: usize = <usize>lo << 5; at < end; at += 32) {
    let a = v128.load(from + at), b = v128.load(from + at, 16);
    let part: usize = from + at;
    for (let i = 1; i < parts; i++) {
      part += stride;
      a = f32x4.add(a, v128.load(part));
      b = f32x4.add(b, v128.load(part, 16));
    }
    v128.store(to + at, a);
    v128.store(to + at, b, 16);
  }
}
