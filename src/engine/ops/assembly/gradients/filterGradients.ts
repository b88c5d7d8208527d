import { blocksOf, heightOf, plane, rowStride, widthOf } from "../../../wasm/assembly/map";
import { filterGradient } from "../../../wasm/assembly/filterGradient";
import { sumPartials, winogradFilterGradient } from "../../../wasm/assembly/winogradFilterGradient";
import { threadScratch } from "../scratch";

/**
 * Gradient of a 3×3, stride-1, padding-1 convolution's weights in the Winograd domain, in parts: part p of `parts` sums
 * images p·n/parts … (p + 1)·n/parts − 1 into panels of its own, so that the bits do not depend on threads.
 * Items are parts. x with a border of 1 or more. Work space: 6656 bytes + tiles of `pass` images.
 *
 * @param partials [parts] panels, `stride` bytes apart
 * @param pass images that are transformed at once
 */
export function winogradFilterParts(
  x: usize, dy: usize, partials: usize, stride: usize, images: i32, parts: i32, pass: i32, lo: i32, hi: i32,
): void {
  const xPlane = plane(x, 0, 0), dyPlane = plane(dy, 0, 0);
  for (let part = lo; part < hi; part++) {
    winogradFilterGradient(
      xPlane - rowStride(x) - 32, dyPlane, partials + <usize>part * stride,
      part * images / parts, (part + 1) * images / parts, pass, heightOf(x), widthOf(x),
      load<u32>(x, 4), load<u32>(x, 8), rowStride(x), 32, blocksOf(x),
      load<u32>(dy, 4), load<u32>(dy, 8), rowStride(dy), 32, blocksOf(dy), threadScratch(),
    );
  }
}

/** The sum of such parts, in order. Items are groups of 8 floats. */
export function sumFilterParts(from: usize, to: usize, parts: i32, stride: usize, lo: i32, hi: i32): void {
  sumPartials(from, to, lo, hi, parts, stride);
}

/** Any convolution's, as filterGradient has it. Items are (4 input floats, panel). */
export function filterTiles(
  x: usize, dy: usize, dw: usize, images: i32, block: i32, height: i32, width: i32,
  xImage: usize, xRow: usize, xPixel: usize, rowTable: usize,
  panels: i32, panelBytes: usize, dyImage: usize, dyRow: usize, dyPanel: usize, lo: i32, hi: i32,
): void {
  filterGradient(
    x, dy, dw, lo, hi, images, block, height, width, xImage, xRow, xPixel, rowTable,
    panels, panelBytes, dyImage, dyRow, dyPanel,
  );
}

/**
 * Weight panels to a map: src [cout/8][(cin/8, tap, 8 in)][8 out] → dst [cout][cin/8][tap][8 in], without border.
 *
 * @param lo first panel of 8 output channels
 * @param hi one past the last
 * @param cout output channels that dst has; those beyond are left out
 */
export function panelsToMap(src: usize, dst: usize, cinBlocks: i32, taps: i32, cout: i32, lo: i32, hi: i32): void {
  const per = cinBlocks * taps;
  for (let panel = lo; panel < hi; panel++) {
    for (let at = 0; at < per; at++) {
      const from = src + (<usize>(panel * per + at) << 8);
      for (let o = 0; o < min(8, cout - panel * 8); o++) {
        const to = dst + (<usize>((panel * 8 + o) * per + at) << 5);
        for (let i: usize = 0; i < 8; i++) store<f32>(to + (i << 2), load<f32>(from + (i << 5) + (<usize>o << 2)));
      }
    }
  }
}
