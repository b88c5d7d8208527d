import { blocksOf, clearBorder, heightOf, plane, rowStride, widthOf } from "../../wasm/assembly/map";

/**
 * Channels from … of x become channels at … at + count − 1 of y; sides equal, borders their own. Items are planes
 * (image, block) of y from block at / 8 on. Lanes before `at` keep what they have; those behind the last become 0.
 *
 * @param touched blocks of y that get something
 */
export function copyChannels(
  x: usize, y: usize, from: i32, at: i32, count: i32, touched: i32, lo: i32, hi: i32,
): void {
  const height = heightOf(y), width = widthOf(y), xRow = rowStride(x), yRow = rowStride(y);
  for (let item = lo; item < hi; item++) {
    const n = item / touched, block = (at >> 3) + item % touched;
    let target = plane(y, n, block);
    const first = (block << 3) - at;
    if (first >= 0 && first + 8 <= count && ((first + from) & 7) == 0) {
      let source = plane(x, n, (first + from) >> 3);
      for (let i = 0; i < height; i++) {
        memory.copy(target, source, <usize>width << 5);
        source += xRow;
        target += yRow;
      }
    } else {
      for (let lane = max(0, -first); lane < 8; lane++) {
        const channel = first + lane + from;
        const copied = first + lane < count;
        let source = copied ? plane(x, n, channel >> 3) + (<usize>(channel & 7) << 2) : 0;
        let to = target + (<usize>lane << 2);
        for (let i = 0; i < height; i++) {
          for (let j: usize = 0; j < <usize>width << 5; j += 32) {
            store<f32>(to + j, copied ? load<f32>(source + j) : 0);
          }
          if (copied) source += xRow;
          to += yRow;
        }
      }
    }
    clearBorder(y, n, block);
  }
}

/** Every pixel four times. Items are planes. */
export function upsampleNearest(x: usize, y: usize, lo: i32, hi: i32): void {
  const blocks = blocksOf(y), height = heightOf(x), width = widthOf(x), xRow = rowStride(x), yRow = rowStride(y);
  for (let item = lo; item < hi; item++) {
    const n = item / blocks, block = item % blocks;
    let source = plane(x, n, block);
    let target = plane(y, n, block);
    for (let i = 0; i < height; i++) {
      let to = target;
      for (let j: usize = 0; j < <usize>width << 5; j += 32) {
        const a = v128.load(source + j), b = v128.load(source + j, 16);
        v128.store(to, a); v128.store(to, b, 16); v128.store(to, a, 32); v128.store(to, b, 48);
        to += 64;
      }
      memory.copy(target + yRow, target, <usize>width << 6);
      source += xRow;
      target += yRow << 1;
    }
    clearBorder(y, n, block);
  }
}
