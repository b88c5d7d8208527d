/**
 * A map of every image, or a view of some of its channel blocks: [n][blocks][height + 2b][width + 2b][8] with a
 * border of b pixels. Kernels get the address of eight int32 that describe it; see lowering/buffers.ts.
 */

/** Address of pixel (0, 0) of image n, block `block`. */
// @ts-ignore: decorator
@inline
export function plane(map: usize, n: i32, block: i32): usize {
  return <usize>load<u32>(map) + <usize>n * load<u32>(map, 4) + <usize>block * load<u32>(map, 8);
}

/** Bytes from a row to the next. */
// @ts-ignore: decorator
@inline
export function rowStride(map: usize): usize {
  return load<u32>(map, 12);
}

/** Channels / 8. */
// @ts-ignore: decorator
@inline
export function blocksOf(map: usize): i32 {
  return load<i32>(map, 16);
}

// @ts-ignore: decorator
@inline
export function heightOf(map: usize): i32 {
  return load<i32>(map, 20);
}

// @ts-ignore: decorator
@inline
export function widthOf(map: usize): i32 {
  return load<i32>(map, 24);
}

/** Sets the border of one plane to zero: memory is shared by maps, so whoever writes a map writes its border too. */
export function clearBorder(map: usize, n: i32, block: i32): void {
  const border = load<i32>(map, 28);
  if (border == 0) return;
  const row = rowStride(map);
  const side: usize = <usize>border << 5;
  // From the end of a row to the beginning of the next, the border is one run; so are its upper and lower rows.
  const run = side << 1;
  let p = plane(map, n, block) - <usize>border * row - side;
  let end = p + <usize>border * row + side;
  const zero = f32x4.splat(0);
  for (let i = heightOf(map); i >= 0; i--) {
    while (p < end) {
      v128.store(p, zero); v128.store(p, zero, 16);
      p += 32;
    }
    p += row - run;
    end = p + (i == 1 ? <usize>border * row + side : run);
  }
}

/** {@link clearBorder} for all planes of images lo … hi−1. */
export function clearBorders(map: usize, lo: i32, hi: i32): void {
  const blocks = blocksOf(map);
  for (let n = lo; n < hi; n++) for (let block = 0; block < blocks; block++) clearBorder(map, n, block);
}

/** Sets one plane, border included, to zero. */
export function clearPlane(map: usize, n: i32, block: i32): void {
  const border = load<i32>(map, 28);
  const row = rowStride(map);
  const p = plane(map, n, block) - <usize>border * row - (<usize>border << 5);
  memory.fill(p, 0, <usize>(heightOf(map) + 2 * border) * row);
}
