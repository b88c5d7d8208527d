import type { Window } from "../../../networks/trunk.ts";
import { type Activations, blocks, depth, type MapBuffer, type Panels, strides } from "./buffers.ts";
import type { KernelCall } from "./program.ts";
import type { Tables } from "./tables.ts";

/** Bytes of activations and gradients that one block of images may bring into the nearest cache. */
const CACHE = 96 * 1024;
/** Pixels that a block has at least: long enough runs. */
const RUN = 64;

/** Into how many items {@link weightGradient} can be split: tiles of 4 inputs × 8 outputs. */
export function weightGradientItems(gradient: Panels): number {
  return (depth(gradient) / 4) * (gradient.cout / 8);
}

/** dw = Σ x · dy over every image. Split work. */
export function weightGradient(
  { kernel, stride, padding }: Window,
  x: Activations,
  dy: MapBuffer,
  gradient: Panels,
  tables: Tables,
): KernelCall {
  const from = strides(x);
  const grad = strides(dy);
  const rows: number[] = [];
  for (let block = 0; block < blocks(x); block++) {
    for (let tap = 0; tap < kernel ** 2; tap++) {
      const pixel = Math.floor(tap / kernel) * from.row + (tap % kernel) * from.pixel;
      for (let part = 0; part < from.pixel; part += 16) rows.push(block * from.block + pixel + part);
    }
  }
  const imageBytes = blocks(x) * from.block + blocks(dy) * grad.block;
  const imagesPerBlock = Math.max(Math.ceil(RUN / (dy.height * dy.width)), Math.floor(CACHE / imageBytes));
  return {
    kernel: "filterGradient",
    args: [
      ...([from.origin - padding * (from.row + from.pixel), grad.origin, gradient.address, "lo", "hi", "n"] as const),
      ...([imagesPerBlock, dy.height, dy.width] as const),
      ...([from.image, stride * from.row, stride * from.pixel, tables.address(rows)] as const),
      ...([gradient.cout / 8, depth(gradient) * 32, grad.image, grad.row, grad.block] as const),
    ],
  };
}
