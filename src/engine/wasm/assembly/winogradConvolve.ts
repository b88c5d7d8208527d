import { madd } from "./simd";
import { finishTile, inputTileAt, outputTile, PLANES, TEMPORARY, TILE } from "./winogradTiles";
import { uPlane } from "./winogradWeights";

/**
 * 3×3 convolution with stride 1 and padding 1 by Winograd's F(4 × 4, 3 × 3): the forward pass with the weights of
 * winogradWeights, the input gradient with its mirrored ones (x = dy, y = dx).
 *
 * Tiles go in groups: transform the inputs of a group, multiply plane by plane (each plane is a small matrix
 * product), transform back. Every output is summed over the input channels in one fixed order, so the bits depend
 * on neither `lo`, `hi` nor `group`. Any height and width will do; multiples of 4 waste nothing.
 *
 * x(n, block, row, column) = x + n·xImage + block·xBlock + row·xRow + column·xPixel, in bytes, x pointing at the
 * border pixel (−1, −1) of image 0; y(n, panel, row, column) likewise, pointing at pixel (0, 0).
 *
 * @param u transformed weights [36][panels][8·blocks][8]
 * @param lo first image
 * @param hi one past the last image
 * @param group tiles per group, a multiple of 4
 * @param addend what is added to the result, laid out as y (y itself = accumulate); 0 = nothing
 * @param bias one float per output channel, added too; 0 = none
 * @param relu 1 = negative results become 0, where there is a bias
 * @param scratch of this thread: 2048 + 36 · (group · (blocks + panels) · 32 + 128) bytes
 */
export function winogradConvolve(
  x: usize, u: usize, y: usize, lo: i32, hi: i32, group: i32, height: i32, width: i32,
  xImage: usize, xBlock: usize, xRow: usize, xPixel: usize, blocks: i32,
  yImage: usize, yPanel: usize, yRow: usize, yPixel: usize, panels: i32,
  addend: usize, bias: usize, relu: i32, scratch: usize,
): void {
  const columns = (width + TILE - 1) / TILE;
  const perImage = (height + TILE - 1) / TILE * columns;
  const plain = !addend && !bias;
  const rectify = bias != 0 && relu != 0;
  // 64 bytes more than they need keep the planes from meeting in one cache set.
  const vTile: usize = <usize>blocks << 5;
  const vPlane: usize = <usize>group * vTile + 64;
  const mPanel: usize = <usize>group << 5;
  const mPlane: usize = <usize>panels * mPanel + 64;
  const v: usize = scratch + TEMPORARY;
  const m: usize = v + PLANES * vPlane;

  for (let first = lo * perImage; first < hi * perImage; first += group) {
    const tiles = min(group, hi * perImage - first);
    for (let block = 0; block < blocks; block++) {
      let to: usize = v + (<usize>block << 5);
      for (let t = first; t < first + tiles; t++) {
        const map = x + <usize>(t / perImage) * xImage + <usize>block * xBlock;
        const place = t % perImage;
        inputTileAt(map, place / columns * TILE, place % columns * TILE, height, width, xRow, xPixel, to, vPlane, scratch);
        to += vTile;
      }
    }

    for (let plane: usize = 0; plane < PLANES; plane++) {
      multiply(v + plane * vPlane, u + plane * uPlane(blocks, panels), m + plane * mPlane, tiles, vTile, panels, mPanel);
    }

    for (let panel = 0; panel < panels; panel++) {
      const panelBias: usize = bias ? bias + (<usize>panel << 5) : 0;
      let from: usize = m + <usize>panel * mPanel;
      for (let t = first; t < first + tiles; t++) {
        const place = t % perImage;
        const row = place / columns * TILE, column = place % columns * TILE;
        const rows = min(TILE, height - row), reach = min(TILE, width - column);
        const to: usize = y + <usize>(t / perImage) * yImage + <usize>panel * yPanel
          + <usize>row * yRow + <usize>column * yPixel;
        if (plain && rows == TILE && reach == TILE) outputTile(from, mPlane, to, yRow, yPixel, scratch);
        else finishTile(from, mPlane, to, yRow, yPixel, rows, reach, addend != 0, addend - y, panelBias, rectify, scratch);
        from += 32;
      }
    }
  }
}

/**
 * One plane: m [panels][tiles][8] = v [tiles][in] · u [panels][in][8]. 4 tiles × 8 output channels stay in
 * registers; the last four repeat the last tile.
 *
 * @param vTile bytes of one tile of v: 4 per input channel
 */
export function multiply(v: usize, u: usize, m: usize, tiles: i32, vTile: usize, panels: i32, mPanel: usize): void {
  for (let panel = 0; panel < panels; panel++) {
    let to: usize = m;
    for (let t = 0; t < tiles; t += 4) {
      let a0: usize = v + <usize>t * vTile;
      let a1: usize = a0 + (t + 1 < tiles ? vTile : 0);
      let a2: usize = a1 + (t + 2 < tiles ? vTile : 0);
      let a3: usize = a2 + (t + 3 < tiles ? vTile : 0);
      const end: usize = a0 + vTile;
      let b: usize = u;
      let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
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
      v128.store(to, c00); v128.store(to, c01, 16); v128.store(to, c10, 32); v128.store(to, c11, 48);
      v128.store(to, c20, 64); v128.store(to, c21, 80); v128.store(to, c30, 96); v128.store(to, c31, 112);
      to += 128;
    }
    u += vTile << 3;
    m += mPanel;
  }
}
