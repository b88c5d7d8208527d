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
  tile: i32, from: usize, plane: usize, to: usize, row: usize, pixel: usize, temporary: usize,
): void {
  for (let half: usize = 0; half < 32; half += 16) {
    if (tile == 4) {
      for (let i: usize = 0; i < 6; i++) output4(from + half + i * plane, 6 * plane, temporary + (i << 4), 96);
      for (let i: usize = 0; i < 4; i++) output4(temporary + i * 96, 16, to + half + i * row, pixel);
    } else {
      for (let i: usize = 0; i < 4; i++) output2(from + half + i * plane, 4 * plane, temporary + (i << 4), 64);
      for (let i: usize = 0; i < 2; i++) output2(temporary + (i << 6), 16, to + half + i * row, pixel);
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

/**
 * outputTile for all that is not a whole tile of plain results: only `rows` × `columns` pixels are written, with
 * what lies `toAddend` bytes from them added if `add` is set, then the bias, then max with `floor`.
 */
export function finishTile(
  tile: i32, from: usize, plane: usize, to: usize, row: usize, pixel: usize, rows: i32, columns: i32,
  add: bool, toAddend: usize, bias0: v128, bias1: v128, floor: v128, temporary: usize,
): void {
  const patch = temporary + PATCH;
  outputTile(tile, from, plane, patch, <usize>tile << 5, 32, temporary);
  for (let i = 0; i < rows; i++) {
    let source = patch + (<usize>(i * tile) << 5);
    let target = to + <usize>i * row;
    for (let j = 0; j < columns; j++) {
      let a = v128.load(source), b = v128.load(source, 16);
      if (add) {
        a = f32x4.add(a, v128.load(target + toAddend));
        b = f32x4.add(b, v128.load(target + toAddend, 16));
      }
      v128.store(target, f32x4.pmax(f32x4.add(a, bias0), floor));
      v128.store(target, f32x4.pmax(f32x4.add(b, bias1), floor), 16);
      source += 32;
      target += pixel;
    }
  }
}
