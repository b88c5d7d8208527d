import { inputLine, outputGradientLine, outputLine } from "./winogradLines";

/**
 * Two-dimensional Winograd transforms of one tile and one block of 8 channels. A tile has 4 × 4 outputs and reads
 * 6 × 6 inputs, beginning at border pixel (−1, −1); its transform has 36 planes, `plane` bytes apart.
 *
 * The six lines of a pass are written out, since a loop costs 6 % of a whole convolution of 8 channels; both passes
 * at once in registers cost 20 %, because the compiler spills.
 *
 * `temporary` is work space of TEMPORARY bytes: the lines between the two passes, then a patch for tiles that hang
 * over the map's lower or right edge.
 */
export const TILE: i32 = 4;
export const SIDE: i32 = 6;
export const PLANES: usize = 36;
export const TEMPORARY: usize = 2048;
/** Where the patch begins in the work space: behind 6 × 6 values of 4 lanes. */
const PATCH: usize = 640;

/** Bᵀ d B: pixels at `from` → planes at `to`. */
function inputTile(from: usize, row: usize, pixel: usize, to: usize, plane: usize, temporary: usize): void {
  for (let half: usize = 0; half < 32; half += 16) {
    inputLine(from + half, row, temporary, 96);
    inputLine(from + half + pixel, row, temporary + 16, 96);
    inputLine(from + half + 2 * pixel, row, temporary + 32, 96);
    inputLine(from + half + 3 * pixel, row, temporary + 48, 96);
    inputLine(from + half + 4 * pixel, row, temporary + 64, 96);
    inputLine(from + half + 5 * pixel, row, temporary + 80, 96);
    inputLine(temporary, 16, to + half, plane);
    inputLine(temporary + 96, 16, to + half + 6 * plane, plane);
    inputLine(temporary + 192, 16, to + half + 12 * plane, plane);
    inputLine(temporary + 288, 16, to + half + 18 * plane, plane);
    inputLine(temporary + 384, 16, to + half + 24 * plane, plane);
    inputLine(temporary + 480, 16, to + half + 30 * plane, plane);
  }
}

/** Aᵀ m A: planes at `from` → pixels at `to`. */
export function outputTile(from: usize, plane: usize, to: usize, row: usize, pixel: usize, temporary: usize): void {
  for (let half: usize = 0; half < 32; half += 16) {
    outputLine(from + half, 6 * plane, temporary, 96);
    outputLine(from + half + plane, 6 * plane, temporary + 16, 96);
    outputLine(from + half + 2 * plane, 6 * plane, temporary + 32, 96);
    outputLine(from + half + 3 * plane, 6 * plane, temporary + 48, 96);
    outputLine(from + half + 4 * plane, 6 * plane, temporary + 64, 96);
    outputLine(from + half + 5 * plane, 6 * plane, temporary + 80, 96);
    outputLine(temporary, 16, to + half, pixel);
    outputLine(temporary + 96, 16, to + half + row, pixel);
    outputLine(temporary + 192, 16, to + half + 2 * row, pixel);
    outputLine(temporary + 288, 16, to + half + 3 * row, pixel);
  }
}

/** A dy Aᵀ: pixels at `from` → planes at `to`. */
function outputGradientTile(from: usize, row: usize, pixel: usize, to: usize, plane: usize, temporary: usize): void {
  for (let half: usize = 0; half < 32; half += 16) {
    outputGradientLine(from + half, row, temporary, 64);
    outputGradientLine(from + half + pixel, row, temporary + 16, 64);
    outputGradientLine(from + half + 2 * pixel, row, temporary + 32, 64);
    outputGradientLine(from + half + 3 * pixel, row, temporary + 48, 64);
    outputGradientLine(temporary, 16, to + half, plane);
    outputGradientLine(temporary + 64, 16, to + half + 6 * plane, plane);
    outputGradientLine(temporary + 128, 16, to + half + 12 * plane, plane);
    outputGradientLine(temporary + 192, 16, to + half + 18 * plane, plane);
    outputGradientLine(temporary + 256, 16, to + half + 24 * plane, plane);
    outputGradientLine(temporary + 320, 16, to + half + 30 * plane, plane);
  }
}

/**
 * inputTile for a tile at `row`, `column` of a map of `height` × `width`: what lies behind the map's border counts
 * as zero and is not read.
 *
 * @param map border pixel (−1, −1) of the map
 */
export function inputTileAt(
  map: usize, row: i32, column: i32, height: i32, width: i32, rowBytes: usize, pixelBytes: usize,
  to: usize, plane: usize, temporary: usize,
): void {
  const from = map + <usize>row * rowBytes + <usize>column * pixelBytes;
  const rows = min(SIDE, height + 2 - row), columns = min(SIDE, width + 2 - column);
  if (rows == SIDE && columns == SIDE) inputTile(from, rowBytes, pixelBytes, to, plane, temporary);
  else {
    const patch = gather(SIDE, from, rowBytes, pixelBytes, rows, columns, temporary);
    inputTile(patch, <usize>SIDE << 5, 32, to, plane, temporary);
  }
}

/**
 * outputGradientTile likewise.
 *
 * @param map pixel (0, 0) of the map
 */
export function outputGradientTileAt(
  map: usize, row: i32, column: i32, height: i32, width: i32, rowBytes: usize, pixelBytes: usize,
  to: usize, plane: usize, temporary: usize,
): void {
  const from = map + <usize>row * rowBytes + <usize>column * pixelBytes;
  const rows = min(TILE, height - row), columns = min(TILE, width - column);
  if (rows == TILE && columns == TILE) outputGradientTile(from, rowBytes, pixelBytes, to, plane, temporary);
  else {
    const patch = gather(TILE, from, rowBytes, pixelBytes, rows, columns, temporary);
    outputGradientTile(patch, <usize>TILE << 5, 32, to, plane, temporary);
  }
}

/** Copies `rows` × `columns` pixels into a patch of `side` × `side`, zero elsewhere. */
function gather(
  side: i32, from: usize, rowBytes: usize, pixelBytes: usize, rows: i32, columns: i32, temporary: usize,
): usize {
  const patch = temporary + PATCH;
  memory.fill(patch, 0, <usize>(side * side) << 5);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      memory.copy(patch + (<usize>(i * side + j) << 5), from + <usize>i * rowBytes + <usize>j * pixelBytes, 32);
    }
  }
  return patch;
}

/**
 * outputTile for all that is not a whole tile of plain results: only `rows` × `columns` pixels are written; what
 * lies `toAddend` bytes from them is added if `add` is set, then the 8 floats at `bias` unless it is 0, then
 * negative values become 0 if `relu` is set.
 */
export function finishTile(
  from: usize, plane: usize, to: usize, rowBytes: usize, pixelBytes: usize, rows: i32, columns: i32,
  add: bool, toAddend: usize, bias: usize, relu: bool, temporary: usize,
): void {
  const patch = temporary + PATCH;
  outputTile(from, plane, patch, <usize>TILE << 5, 32, temporary);
  let bias0 = f32x4.splat(0), bias1 = bias0;
  if (bias) { bias0 = v128.load(bias); bias1 = v128.load(bias, 16); }
  const floor = f32x4.splat(relu ? 0 : -Infinity);
  for (let i = 0; i < rows; i++) {
    let source = patch + (<usize>(i * TILE) << 5);
    let target = to + <usize>i * rowBytes;
    for (let j = 0; j < columns; j++) {
      let a = v128.load(source), b = v128.load(source, 16);
      if (add) {
        a = f32x4.add(a, v128.load(target + toAddend));
        b = f32x4.add(b, v128.load(target + toAddend, 16));
      }
      // In this order of arguments a NaN stays one.
      v128.store(target, f32x4.pmax(f32x4.add(a, bias0), floor));
      v128.store(target, f32x4.pmax(f32x4.add(b, bias1), floor), 16);
      source += 32;
      target += pixelBytes;
    }
  }
}
