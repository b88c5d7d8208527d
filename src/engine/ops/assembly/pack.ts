import { clearBorder, blocksOf, heightOf, plane, rowStride, widthOf } from "../../wasm/assembly/map";

/**
 * Row-major [n, channels, h, w] at `from` → map. Lanes without a channel become 0.
 *
 * @param lo first plane, counted over images and blocks
 */
export function pack(from: usize, to: usize, channels: i32, lo: i32, hi: i32): void {
  const blocks = blocksOf(to), height = heightOf(to), width = widthOf(to), row = rowStride(to);
  const step: usize = <usize>(height * width) << 2;
  for (let item = lo; item < hi; item++) {
    const n = item / blocks, block = item % blocks;
    const lanes: usize = <usize>min(8, channels - (block << 3));
    let source: usize = from + <usize>(n * channels + (block << 3)) * step;
    let line = plane(to, n, block);
    for (let i = 0; i < height; i++) {
      let target = line;
      for (let j = 0; j < width; j++) {
        if (lanes == 8) {
          store<f32>(target, load<f32>(source));
          store<f32>(target, load<f32>(source + step), 4);
          store<f32>(target, load<f32>(source + 2 * step), 8);
          store<f32>(target, load<f32>(source + 3 * step), 12);
          store<f32>(target, load<f32>(source + 4 * step), 16);
          store<f32>(target, load<f32>(source + 5 * step), 20);
          store<f32>(target, load<f32>(source + 6 * step), 24);
          store<f32>(target, load<f32>(source + 7 * step), 28);
        } else {
          v128.store(target, f32x4.splat(0)); v128.store(target, f32x4.splat(0), 16);
          for (let lane: usize = 0; lane < lanes; lane++) {
            store<f32>(target + (lane << 2), load<f32>(source + lane * step));
          }
        }
        source += 4;
        target += 32;
      }
      line += row;
    }
    clearBorder(to, n, block);
  }
}

/** Map → row-major [n, channels, h, w]. */
export function unpack(from: usize, to: usize, channels: i32, lo: i32, hi: i32): void {
  const blocks = blocksOf(from), height = heightOf(from), width = widthOf(from), row = rowStride(from);
  const step: usize = <usize>(height * width) << 2;
  for (let item = lo; item < hi; item++) {
    const n = item / blocks, block = item % blocks;
    const lanes: usize = <usize>min(8, channels - (block << 3));
    let target: usize = to + <usize>(n * channels + (block << 3)) * step;
    let line = plane(from, n, block);
    for (let i = 0; i < height; i++) {
      let source = line;
      for (let j = 0; j < width; j++) {
        for (let lane: usize = 0; lane < lanes; lane++) {
          store<f32>(target + lane * step, load<f32>(source + (lane << 2)));
        }
        source += 32;
        target += 4;
      }
      line += row;
    }
  }
}
