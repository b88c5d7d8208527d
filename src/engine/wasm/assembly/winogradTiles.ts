import { input2, input4, output2, output4, outputGradient2, outputGradient4 } from "./winogradLines";

/**
 * Two-dimensional Winograd transforms of one tile and one block of 8 channels. A tile has `tile` × `tile` outputs
 * (tile = 2 or 4) and reads `tile + 2` rows and columns; its transform has (tile + 2)² planes, `plane` bytes apart.
 *
 * `temporary` is this thread's work space of TEMPORARY bytes: the lines between the two passes, then a patch into
 * which a tile that hangs over the map's edge is gathered.
 */
export const TEMPORARY: usize = 2048;
/** Where the patch begins in the work space: behind 6 × 6 values of 4 lanes. */
const PATCH: usize = 640;

/** Bᵀ d B: pixels at `from` → planes at `to`. */
export function inputTile(tile: i32, from: usize, row: usize, pixel: usize, to: usize, plane: usize, temporary: usize): void {
  for (let half: usize = 0; half < 32; half += 16) {
    if (tile == 4) {
      for (let i: usize = 0; i < 6; i++) input4(from + half + i * pixel, row, temporary + (i << 4), 96);
      for (let i: usize = 0; i < 6; i++) input4(temporary + i * 96, 16, to + half + i * 6 * plane, plane);
    } else {
      for (let i: usize = 0; i < 4; i++) input2(from + half + i * pixel, row, temporary + (i << 4), 64);
      for (let i: usize = 0; i < 4; i++) input2(temporary + (i << 6), 16, to + half + (i << 2) * plane, plane);
    }
  }
}

/** Aᵀ m A: planes at `from` → pixels at `to`. */
export function outputTile(
  tile: i32, from: usize, plane: usize, to: usize, row: usize, pixel: usize, accumulate: bool, temporary: usize,
): void {
  for (let half: usize = 0; half < 32; half += 16) {
    if (tile == 4) {
      for (let i: usize = 0; i < 6; i++) output4(from + half + i * plane, 6 * plane, temporary + (i << 4), 96, false);
      if (accumulate) {
        for (let i: usize = 0; i < 4; i++) output4(temporary + i * 96, 16, to + half + i * row, pixel, true);
      } else {
        for (let i: usize = 0; i < 4; i++) output4(temporary + i * 96, 16, to + half + i * row, pixel, false);
      }
    } else {
      for (let i: usize = 0; i < 4; i++) output2(from + half + i * plane, 4 * plane, temporary + (i << 4), 64, false);
      for (let i: usize = 0; i < 2; i++) output2(temporary + (i << 6), 16, to + half + i * row, pixel, accumulate);
    }
  }
}

/** A dy Aᵀ: pixels at `from` → planes at `to`. */
export function outputGradientTile(
  tile: i32, from: usize, row: usize, pixel: usize, to: usize, plane: usize, temporary: usize,
): void {
  for (let half: usize = 0; half < 32; half += 16) {
    if (tile == 4) {
      for (let i: usize = 0; i < 4; i++) outputGradient4(from + half + i * pixel, row, temporary + (i << 4), 64);
      for (let i: usize = 0; i < 6; i++) outputGradient4(temporary + (i << 6), 16, to + half + i * 6 * plane, plane);
    } else {
      for (let i: usize = 0; i < 2; i++) outputGradient2(from + half + i * pixel, row, temporary + (i << 4), 32);
      for (let i: usize = 0; i < 4; i++) outputGradient2(temporary + (i << 5), 16, to + half + (i << 2) * plane, plane);
    }
  }
}

/**
 * Copies the `rows` × `columns` pixels that a hanging tile has into a patch of `side` × `side` pixels, zero where it
 * has none, so that the bits never depend on what lies behind the map.
 *
 * @returns the patch: rows of `side` pixels of 32 bytes
 */
export function gather(
  side: i32, from: usize, row: usize, pixel: usize, rows: i32, columns: i32, temporary: usize,
): usize {
  const patch = temporary + PATCH;
  memory.fill(patch, 0, <usize>(side * side) << 5);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      memory.copy(patch + (<usize>(i * side + j) << 5), from + <usize>i * row + <usize>j * pixel, 32);
    }
  }
  return patch;
}

/** Writes the `rows` × `columns` pixels of a hanging tile that the map has; the rest of the tile is dropped. */
export function outputHangingTile(
  tile: i32, from: usize, plane: usize, to: usize, row: usize, pixel: usize, accumulate: bool,
  rows: i32, columns: i32, temporary: usize,
): void {
  const patch = temporary + PATCH;
  outputTile(tile, from, plane, patch, <usize>tile << 5, 32, false, temporary);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const source = patch + (<usize>(i * tile + j) << 5);
      const target = to + <usize>i * row + <usize>j * pixel;
      if (accumulate) {
        v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
        v128.store(target, f32x4.add(v128.load(target, 16), v128.load(source, 16)), 16);
      } else memory.copy(target, source, 32);
    }
  }
}
