import type { ConvolutionForm, Shape, Value } from "../imageOps.ts";
import type { Device } from "../wasm/device.ts";
import type { MapValue } from "../wasm/mapValue.ts";

/** Parts that a batch's sum is formed in, whatever the number of threads. */
const PARTS = 8;
/** Of Winograd's tiles, what they and the kernel's lines take. */
const PLANES = 36;
const LINES = 6656;
/** What transformed tiles, or a block of images, may take of the cache. */
const TILE_CACHE = 512 * 1024;
const BLOCK_CACHE = 96 * 1024;

/** Records Σ x · dy as weights [cout, cin, kh, kw]: in the Winograd domain where it is possible and pays. */
export function recordFilterGradient(
  device: Device,
  x: MapValue,
  dy: MapValue,
  shape: Shape,
  form: ConvolutionForm,
): Value {
  const { arena } = device.recorder;
  const [cout, , kh, kw] = shape;
  const bytes = dy.blocks * x.blocks * kh * kw * 256;
  const panels = arena.take(bytes);
  if (isWinograd(dy, shape, form)) {
    device.withBorder(
      x,
      (border) => border >= 1,
      1,
      (map) => winograd(device, map, dy, panels, bytes),
    );
  } else {
    const border = Math.max(...form.padding);
    device.withBorder(
      x,
      (each) => each >= border,
      border,
      (map) => direct(device, map, dy, panels, shape, form),
    );
  }
  const gradient = device.create(shape, 0);
  device.items(dy.blocks, bytes / dy.blocks, "panelsToMap", [panels, gradient.address, x.blocks, kh * kw, cout]);
  arena.give(panels);
  return gradient;
}

function isWinograd(dy: MapValue, [, , kh, kw]: Shape, { stride, padding }: ConvolutionForm): boolean {
  const [, , h, w] = dy.shape;
  if (kh !== 3 || kw !== 3 || stride !== 1 || padding.some((side) => side !== 1)) return false;
  return 16 * tilesOf(dy) <= 2 * h * w;
}

function tilesOf({ shape: [, , h, w] }: MapValue): number {
  return Math.ceil(h / 4) * Math.ceil(w / 4);
}

function winograd(device: Device, x: MapValue, dy: MapValue, panels: number, bytes: number): void {
  const { arena } = device.recorder;
  const images = dy.shape[0];
  const parts = Math.min(PARTS, images);
  const perImage = PLANES * tilesOf(dy) * (x.blocks + dy.blocks) * 32;
  const pass = Math.max(1, Math.min(Math.ceil(images / parts), Math.floor(TILE_CACHE / perImage)));
  const partials = arena.take(parts * bytes);
  const args = [device.describe(x), device.describe(dy), partials, bytes, images, parts, pass];
  const task = { calls: [{ kernel: "winogradFilterParts", args }], items: parts, chunk: 1 };
  device.recorder.record(task, LINES + pass * perImage + PLANES * 128);
  device.items(bytes / 32, 32 * parts, "sumFilterParts", [partials, panels, parts, bytes]);
  arena.give(partials);
}

function direct(
  device: Device,
  x: MapValue,
  dy: MapValue,
  panels: number,
  [, , kh, kw]: Shape,
  { stride, padding }: ConvolutionForm,
): void {
  const [from, to] = [x.strides, dy.strides];
  const [n, , height, width] = dy.shape;
  const rows: number[] = [];
  for (let block = 0; block < x.blocks; block++) {
    for (let ky = 0; ky < kh; ky++) {
      for (let kx = 0; kx < kw; kx++) {
        const corner = block * from.block + ky * from.row + kx * from.pixel;
        rows.push(corner, corner + 16);
      }
    }
  }
  const [top, , left] = padding;
  // Longer runs for small maps; the block is part of the sum's order, so it depends on nothing but sizes.
  const block = Math.max(Math.ceil(64 / (height * width)), Math.floor((BLOCK_CACHE * n) / (x.bytes + dy.bytes)), 1);
  const args = [
    ...[from.origin - top * from.row - left * from.pixel, to.origin, panels, n, block, height, width],
    ...[from.image, stride * from.row, stride * from.pixel, device.recorder.ints(rows)],
    ...[dy.blocks, rows.length * 128, to.image, to.row, to.block],
  ];
  const perItem = (n * height * width * 48) / 8;
  device.items(rows.length * dy.blocks, perItem, "filterTiles", args);
}
