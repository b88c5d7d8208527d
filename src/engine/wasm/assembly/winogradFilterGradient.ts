import { madd } from "./simd";
import { filterGradientLine } from "./winogradLines";
import { inputTileAt, outputGradientTileAt, PLANES, TEMPORARY, TILE } from "./winogradTiles";

/**
 * Gradient of a 3×3, stride-1, padding-1 convolution's weights in the Winograd domain:
 * dw = Gᵀ (Σ over tiles of (Bᵀ x B) ⊗ (A dy Aᵀ)) G, in panel layout [panels][(block, tap, 8 in)][8 out].
 *
 * Two ways to share the work out, both with the same bits for any number of threads:
 * - few channels, many tiles: winogradFilterGradient on image ranges fixed by the plan, each with a dw of its own,
 *   then sumPartials;
 * - many channels, few tiles: winogradGradientTiles transforms all images, each thread some of them, into one
 *   shared buffer; after a barrier winogradGradientProducts sums over them, each thread some of the weights.
 *
 * The transformed tiles lie as [36][blocks][tiles][8] of x, then [36][panels][tiles][8] of dy, the planes of each
 * 64 bytes farther apart than they need, lest they meet in one cache set. With `capacity` tiles that is
 * 36 · (capacity · (blocks + panels) · 32 + 128) bytes.
 *
 * Strides as in winogradConvolve: x points at border pixel (−1, −1) of image 0, dy at pixel (0, 0).
 */

/**
 * @param dw gradient of images lo … hi − 1, overwritten; 0 if there are none
 * @param block images per pass; their sums are added in order
 * @param scratch of this thread: 6656 bytes + transformed tiles of `block` images
 */
export function winogradFilterGradient(
  x: usize, dy: usize, dw: usize, lo: i32, hi: i32, block: i32, height: i32, width: i32,
  xImage: usize, xBlock: usize, xRow: usize, xPixel: usize, blocks: i32,
  dyImage: usize, dyPanel: usize, dyRow: usize, dyPixel: usize, panels: i32, scratch: usize,
): void {
  const perImage = ((height + TILE - 1) / TILE) * ((width + TILE - 1) / TILE);
  const capacity = block * perImage;
  const tiles: usize = scratch + TEMPORARY + SUMS;
  if (lo == hi) memory.fill(dw, 0, <usize>(blocks * panels * 9) << 8);
  for (let first = lo; first < hi; first += block) {
    const last = min(first + block, hi);
    winogradGradientTiles(
      x + <usize>first * xImage, dy + <usize>first * dyImage, tiles, 0, last - first, capacity, height, width,
      xImage, xBlock, xRow, xPixel, blocks, dyImage, dyPanel, dyRow, dyPixel, panels, scratch,
    );
    products(tiles, dw, 0, 2 * blocks * panels, 0, (last - first) * perImage, capacity, blocks, panels, first > lo, scratch);
  }
}

/**
 * Transforms x and dy of images lo … hi − 1 to the places of their tiles.
 *
 * @param tiles transformed tiles of all images
 * @param capacity how many there is room for: at least those of `hi` images
 * @param scratch work space of this thread, 2048 bytes
 */
export function winogradGradientTiles(
  x: usize, dy: usize, tiles: usize, lo: i32, hi: i32, capacity: i32, height: i32, width: i32,
  xImage: usize, xBlock: usize, xRow: usize, xPixel: usize, blocks: i32,
  dyImage: usize, dyPanel: usize, dyRow: usize, dyPixel: usize, panels: i32, scratch: usize,
): void {
  const columns = (width + TILE - 1) / TILE;
  const perImage = (height + TILE - 1) / TILE * columns;
  const vPlane = planeBytes(blocks, capacity), gPlane = planeBytes(panels, capacity);
  for (let block = 0; block < blocks; block++) {
    let to = tiles + (<usize>(block * capacity + lo * perImage) << 5);
    for (let t = lo * perImage; t < hi * perImage; t++) {
      const map = x + <usize>(t / perImage) * xImage + <usize>block * xBlock;
      const place = t % perImage;
      inputTileAt(map, place / columns * TILE, place % columns * TILE, height, width, xRow, xPixel, to, vPlane, scratch);
      to += 32;
    }
  }
  const g = tiles + PLANES * vPlane;
  for (let panel = 0; panel < panels; panel++) {
    let to = g + (<usize>(panel * capacity + lo * perImage) << 5);
    for (let t = lo * perImage; t < hi * perImage; t++) {
      const map = dy + <usize>(t / perImage) * dyImage + <usize>panel * dyPanel;
      const place = t % perImage;
      outputGradientTileAt(
        map, place / columns * TILE, place % columns * TILE, height, width, dyRow, dyPixel, to, gPlane, scratch,
      );
      to += 32;
    }
  }
}

/**
 * dw from transformed tiles. Work item i is the panel i / (2·blocks) with the 4 input channels i mod (2·blocks).
 *
 * @param tiles transformed tiles
 * @param dw overwritten
 * @param lo first work item, below 2·blocks·panels
 * @param hi one past the last
 * @param count tiles of this batch
 * @param capacity tiles that there is room for
 * @param pass tiles whose sums are formed at once; passes are added in order
 * @param scratch work space of this thread, 6656 bytes
 */
export function winogradGradientProducts(
  tiles: usize, dw: usize, lo: i32, hi: i32, count: i32, capacity: i32, pass: i32, blocks: i32, panels: i32, scratch: usize,
): void {
  for (let first = 0; first < count; first += pass) {
    products(tiles, dw, lo, hi, first, min(first + pass, count), capacity, blocks, panels, first > 0, scratch);
  }
}

/** 36 sums of 4 input × 8 output channels. */
const SUMS: usize = 4608;

function planeBytes(blocks: i32, capacity: i32): usize {
  return (<usize>(blocks * capacity) << 5) + 64;
}

function products(
  tiles: usize, dw: usize, lo: i32, hi: i32, first: i32, last: i32, capacity: i32, blocks: i32, panels: i32,
  accumulate: bool, scratch: usize,
): void {
  const vPlane = planeBytes(blocks, capacity), gPlane = planeBytes(panels, capacity);
  const sums: usize = scratch + TEMPORARY;
  const skip: usize = <usize>first << 5, bytes: usize = <usize>(last - first) << 5;
  for (let item = lo; item < hi; item++) {
    const panel = item / (2 * blocks), block = item % (2 * blocks) >> 1;
    const upper: usize = item & 1;
    const a = tiles + (<usize>(block * capacity) << 5) + skip + (upper << 4);
    const b = tiles + PLANES * vPlane + (<usize>(panel * capacity) << 5) + skip;
    for (let plane: usize = 0; plane < PLANES; plane++) {
      correlate(a + plane * vPlane, b + plane * gPlane, bytes, sums + (plane << 7));
    }
    const to = dw + (<usize>(panel * blocks + block) * 9 << 8) + (upper << 7);
    for (let lane: usize = 0; lane < 128; lane += 16) {
      for (let i: usize = 0; i < 6; i++) filterGradientLine(sums + lane + (i << 7), 768, scratch + (i << 4), 96, false);
      for (let i: usize = 0; i < 3; i++) filterGradientLine(scratch + i * 96, 16, to + lane + i * 768, 256, accumulate);
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
