import type { Window } from "../../../networks/trunk.ts";
import { type Activations, blocks, descriptor, type MapBuffer, strides } from "./buffers.ts";
import type { KernelCall } from "./program.ts";
import type { Tables } from "./tables.ts";

/** What is added to a convolution's sums before they are stored. */
export interface Addition {
  /** Address of one float per output channel. */
  readonly bias: number;
  readonly residual: MapBuffer | null;
  readonly relu: boolean;
}

/** y = w ∗ x + addition, by chunks of images. @param weights address of the panels */
export function convolve(
  window: Window,
  x: Activations,
  weights: number,
  y: MapBuffer,
  addition: Addition | null,
  tables: Tables,
): KernelCall[] {
  const { kernel, stride, padding } = window;
  const from = strides(x);
  const to = strides(y);
  const segments: number[] = [];
  for (let block = 0; block < blocks(x); block++) {
    for (let row = 0; row < kernel; row++) segments.push(block * from.block + row * from.row);
  }
  const { addend, calls } = placeResidual(addition?.residual ?? null, y, tables);
  const call: KernelCall = {
    kernel: "convolve",
    args: [
      ...([from.origin - padding * (from.row + from.pixel), weights, to.origin, "lo", "hi"] as const),
      ...([imagesPerPass(y.height * y.width), y.height, y.width] as const),
      ...([from.image, stride * from.row, stride * from.pixel] as const),
      ...([segments.length, tables.address(segments), kernel * (from.pixel / 4)] as const),
      ...([y.channels / 8, to.image, to.row, to.pixel, to.block] as const),
      ...([addend, addition?.bias ?? 0, addition?.relu ? 1 : 0] as const),
    ],
  };
  return [...clearBorder(y, tables), ...calls, call];
}

/** Small maps take several images per weight panel, so that the panel is worth loading. */
export function imagesPerPass(pixels: number): number {
  return pixels <= 16 ? 8 : pixels <= 64 ? 4 : 1;
}

/** The call that a convolution's output needs if it has a border. */
export function clearBorder(map: MapBuffer, tables: Tables): KernelCall[] {
  if (map.border === 0) return [];
  return [{ kernel: "clearBorders", args: [tables.address(descriptor(map)), "lo", "hi"] }];
}

/**
 * Where a convolution finds what it adds, laid out as y: the residual itself, or, where it has another layout, y with
 * a copy of it.
 */
export function placeResidual(
  residual: MapBuffer | null,
  y: MapBuffer,
  tables: Tables,
): { addend: number; calls: KernelCall[] } {
  if (!residual) return { addend: 0, calls: [] };
  const [from, to] = [strides(residual), strides(y)];
  if (from.image === to.image && from.block === to.block && from.row === to.row) {
    return { addend: from.origin, calls: [] };
  }
  const [target, source] = [tables.address(descriptor(y)), tables.address(descriptor(residual))];
  return { addend: to.origin, calls: [{ kernel: "combine", args: [target, source, 0, 0, 0, 0, "lo", "hi"] }] };
}
