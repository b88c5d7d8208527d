import { convolve } from "../../wasm/assembly/convolve";
import { finishPlane } from "./activation";

/**
 * Direct convolution, or one phase of one. Items are (image group, band of rows, panel), panels fastest: so a
 * group's pixels stay in the cache while the weights go by. See convolve for the strides, which are those of the phase.
 *
 * @param images of the batch; `group` of them go together
 * @param band rows per item; all of them where `group` is more than 1
 */
export function convolvePanels(
  x: usize, w: usize, y: usize, images: i32, group: i32, height: i32, width: i32, band: i32, bands: i32,
  xImage: usize, xRow: usize, xPixel: usize, segments: i32, segmentTable: usize, segmentLength: i32,
  panels: i32, yImage: usize, yRow: usize, yPixel: usize, yPanel: usize, addend: usize, bias: usize, lo: i32, hi: i32,
): void {
  const panelBytes: usize = <usize>(segments * segmentLength) << 5;
  for (let item = lo; item < hi; item++) {
    const panel: usize = <usize>(item % panels);
    const rest = item / panels;
    const first = rest / bands * group, row: usize = <usize>(rest % bands * band);
    const rows = min(band, height - <i32>row);
    if (rows <= 0) continue;
    const to: usize = panel * yPanel + row * yRow;
    convolve(
      x + row * xRow, w + panel * panelBytes, y + to, first, min(first + group, images), group, rows, width,
      xImage, xRow, xPixel, segments, segmentTable, segmentLength, 1, yImage, yRow, yPixel, yPanel,
      addend ? addend + to : 0, bias ? bias + (panel << 5) : 0, 0,
    );
  }
}

/** Activation and border of planes. Items are (image, panel). */
export function finishPlanes(
  y: usize, panels: i32, kind: i32, slope: f32, gain: f32, limit: f32, lo: i32, hi: i32,
): void {
  for (let item = lo; item < hi; item++) finishPlane(y, item / panels, item % panels, kind, slope, gain, limit);
}

/** finishPlanes for convolvePanels' items where there is one band. */
export function finishGroups(
  y: usize, images: i32, group: i32, panels: i32, kind: i32, slope: f32, gain: f32, limit: f32, lo: i32, hi: i32,
): void {
  for (let item = lo; item < hi; item++) {
    const first = item / panels * group;
    for (let n = first; n < min(first + group, images); n++) {
      finishPlane(y, n, item % panels, kind, slope, gain, limit);
    }
  }
}

/**
 * Row-major weights [cout, cin, taps] → panels [cout/8][(cin block, listed tap, 8 cin)][8 cout]. Items are panels.
 *
 * @param table per listed tap how many taps of the kernel it sums, then which: `taps` + 1 int32
 */
export function packPanels(
  from: usize, to: usize, cout: i32, cin: i32, taps: i32, table: usize, listed: i32, lo: i32, hi: i32,
): void {
  const blocks = (cin + 7) >> 3;
  for (let panel = lo; panel < hi; panel++) {
    let target: usize = to + (<usize>(panel * blocks * listed) << 8);
    for (let block = 0; block < blocks; block++) {
      for (let k = 0; k < listed; k++) {
        const entry: usize = table + (<usize>(k * (taps + 1)) << 2);
        const count = load<i32>(entry);
        for (let i = block << 3; i < (block << 3) + 8; i++) {
          for (let o = panel << 3; o < (panel << 3) + 8; o++) {
            let sum: f32 = 0;
            if (i < cin && o < cout) {
              for (let s = 1; s <= count; s++) {
                sum += load<f32>(from + (<usize>((o * cin + i) * taps + load<i32>(entry + (<usize>s << 2))) << 2));
              }
            }
            store<f32>(target, sum);
            target += 4;
          }
        }
      }
    }
  }
}
