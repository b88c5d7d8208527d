import type { Window } from "../../../../networks/trunk.ts";
import { windowed } from "../../../oracle/convolution.ts";
import type { ConvolutionShape } from "../convolution/convolution.ts";
import { type MapView, wholeMap } from "../kernel.ts";

/** The same map inside a root with more channels before and behind it. */
export function inside(view: MapView, before: number, behind: number): MapView {
  return { ...view, pixelStride: before + view.channels + behind, channelOffset: before };
}

export function convolutionShape(
  [height, width]: readonly [number, number],
  [cin, cout]: readonly [number, number],
  window: Window,
): ConvolutionShape {
  return {
    x: wholeMap(height, width, cin),
    y: wholeMap(windowed(height, window), windowed(width, window), cout),
    window,
  };
}

const window = (kernel: number, stride: number, padding: number): Window => ({ kernel, stride, padding });

/** Small convolutions of every kind: kernels, strides, paddings, odd and non-square maps, batch 1. */
export const convolutionCases: readonly (readonly [name: string, n: number, shape: ConvolutionShape])[] = [
  ["3×3, the stem", 2, convolutionShape([8, 8], [4, 16], window(3, 1, 1))],
  ["3×3, batch 1, non-square, 12 outputs", 1, convolutionShape([5, 9], [8, 12], window(3, 1, 1))],
  ["3×3, more than one tile each way", 3, convolutionShape([8, 8], [36, 72], window(3, 1, 1))],
  ["3×3, stride 2, odd sides", 3, convolutionShape([7, 9], [8, 20], window(3, 2, 1))],
  ["1×1, stride 2", 2, convolutionShape([7, 8], [16, 32], window(1, 2, 0))],
  ["1×1 of one pixel, batch 1", 1, convolutionShape([1, 1], [20, 4], window(1, 1, 0))],
  ["5×5, stride 3, no padding", 2, convolutionShape([11, 13], [4, 8], window(5, 3, 0))],
  ["7×7, stride 2, padding 3", 1, convolutionShape([17, 15], [4, 12], window(7, 2, 3))],
];
