import { multiply } from "../../wasm/assembly/winogradConvolve";
import { finishTile, inputTileAt, TILE } from "../../wasm/assembly/winogradTiles";
import { blocksOf, heightOf, plane, rowStride, widthOf } from "../../wasm/assembly/map";
import { uPlane, winogradWeights } from "../../wasm/assembly/winogradWeights";
import { finishPlane } from "./activation";
import { threadScratch } from "./scratch";

/*
 * Winograd's F(4 × 4, 3 × 3) in three steps with all threads waiting in between: inputs of a pass of images, products,
 * outputs. So the transformed weights go by once in a pass, and one image is work for every thread.
 *
 * v [36][tiles][8·blocks], m [36][panels][tiles][8], u as winogradWeights makes it.
 */

// @ts-ignore: decorator
@inline
function vPlane(tiles: i32, blocks: i32): usize {
  return (<usize>(tiles * blocks) << 5) + 64;
}

// @ts-ignore: decorator
@inline
function tilesOf(map: usize): i32 {
  return ((heightOf(map) + TILE - 1) / TILE) * ((widthOf(map) + TILE - 1) / TILE);
}

/** Panels → transformed weights. Items are output panels. Work space: 3072 bytes. */
export function winogradFilters(w: usize, u: usize, blocks: i32, panels: i32, lo: i32, hi: i32): void {
  winogradWeights(w, u, lo, hi, blocks, panels, 0, threadScratch());
}

/** Bᵀ x B of every tile. Items are tiles from image `first` on. Work space: 2048 bytes. */
export function winogradInputs(x: usize, v: usize, first: i32, tiles: i32, lo: i32, hi: i32): void {
  const blocks = blocksOf(x), height = heightOf(x), width = widthOf(x), row = rowStride(x);
  const columns = (width + TILE - 1) / TILE, perImage = tilesOf(x);
  const step = vPlane(tiles, blocks);
  for (let tile = lo; tile < hi; tile++) {
    const n = first + tile / perImage, place = tile % perImage;
    let to: usize = v + (<usize>(tile * blocks) << 5);
    for (let block = 0; block < blocks; block++) {
      const corner = plane(x, n, block) - row - 32;
      inputTileAt(corner, place / columns * TILE, place % columns * TILE, height, width, row, 32, to, step, threadScratch());
      to += 32;
    }
  }
}

/** m = v · u. Items are (plane, `share` panels). */
export function winogradProducts(
  v: usize, u: usize, m: usize, tiles: i32, blocks: i32, panels: i32, share: i32, lo: i32, hi: i32,
): void {
  const shares = (panels + share - 1) / share;
  const vTile: usize = <usize>blocks << 5, mPanel: usize = <usize>((tiles + 3) & ~3) << 5;
  for (let item = lo; item < hi; item++) {
    const step: usize = <usize>(item / shares);
    const panel = item % shares * share;
    multiply(
      v + step * vPlane(tiles, blocks), u + step * uPlane(blocks, panels) + <usize>panel * (vTile << 3),
      m + step * (<usize>panels * mPanel + 64) + <usize>panel * mPanel,
      tiles, vTile, min(share, panels - panel), mPanel,
    );
  }
}

/**
 * y = activate(Aᵀ m A + bias + addend). Items are (image of the pass, panel). Work space: 2048 bytes.
 *
 * @param addend map of y's shape whose rows are as far apart as y's; 0 = nothing
 */
export function winogradOutputs(
  m: usize, y: usize, first: i32, tiles: i32, addend: usize, bias: usize,
  kind: i32, slope: f32, gain: f32, limit: f32, lo: i32, hi: i32,
): void {
  const panels = blocksOf(y), height = heightOf(y), width = widthOf(y), row = rowStride(y);
  const perImage = tilesOf(y), columns = (width + TILE - 1) / TILE;
  const mPanel: usize = <usize>((tiles + 3) & ~3) << 5;
  const mPlane: usize = <usize>panels * mPanel + 64;
  for (let item = lo; item < hi; item++) {
    const image = item / panels, panel = item % panels;
    const target = plane(y, first + image, panel);
    const toAddend: usize = addend ? plane(addend, first + image, panel) - target : 0;
    let from: usize = m + <usize>panel * mPanel + (<usize>(image * perImage) << 5);
    for (let place = 0; place < perImage; place++) {
      const i = place / columns * TILE, j = place % columns * TILE;
      finishTile(
        from, mPlane, target + <usize>i * row + (<usize>j << 5), row, 32, min(TILE, height - i), min(TILE, width - j),
        addend != 0, toAddend, bias ? bias + (<usize>panel << 5) : 0, false, threadScratch(),
      );
      from += 32;
    }
    finishPlane(y, first + image, panel, kind, slope, gain, limit);
  }
}
