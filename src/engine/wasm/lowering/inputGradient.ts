import type { Window } from "../../../networks/trunk.ts";
import { blocks, type MapBuffer, type Panels, strides } from "./buffers.ts";
import { clearBorder, imagesPerPass } from "./convolution.ts";
import { gradientPhases, type Sides } from "./gradientPhases.ts";
import type { KernelCall } from "./program.ts";
import type { Tables } from "./tables.ts";

/** Input channels of the transposed weights: images have 8 lanes in a gradient. */
function transposedInputs({ cin }: Panels): number {
  return Math.ceil(cin / 8) * 8;
}

export function transposedBytes(weights: Panels): number {
  return weights.kernel ** 2 * transposedInputs(weights) * weights.cout * 4;
}

/** Into how many items {@link transposeWeights} can be split. */
export function transposeItems(weights: Panels): number {
  return transposedInputs(weights) / 8;
}

/** Weights → `transposed`, phase by phase, with input and output channels swapped. Split work. */
export function transposeWeights(
  window: Window,
  dx: Sides,
  weights: Panels,
  transposed: number,
  tables: Tables,
): KernelCall[] {
  const calls: KernelCall[] = [];
  const cin = transposedInputs(weights);
  let target = transposed;
  for (const { taps } of gradientPhases(window, dx)) {
    if (taps.length === 0) continue;
    calls.push({
      kernel: "transposePanels",
      args: [
        ...([weights.address, target, "lo", "hi", cin / 8, weights.cout / 8, Math.min(8, weights.cin)] as const),
        ...([weights.kernel ** 2, tables.address(taps), taps.length] as const),
      ],
    });
    target += taps.length * cin * weights.cout * 4;
  }
  return calls;
}

/**
 * dx = wᵀ ∗ dy by chunks of images: a convolution of dy with swapped channels, one call per phase. Pixels that no
 * tap reaches become 0 unless the gradient is added to what is there.
 */
export function inputGradient(
  window: Window,
  dy: MapBuffer,
  transposed: number,
  dx: MapBuffer,
  accumulate: boolean,
  tables: Tables,
): KernelCall[] {
  const { stride } = window;
  const from = strides(dy);
  const to = strides(dx);
  let weights = transposed;
  const calls = gradientPhases(window, dx).flatMap(({ rows, columns, taps }): KernelCall[] => {
    if (taps.length === 0 && accumulate) return [];
    const segments: number[] = [];
    if (taps.length > 0) {
      for (let block = 0; block < blocks(dy); block++) {
        for (let line = 0; line < rows.taps.length; line++) segments.push(block * from.block + line * from.row);
      }
    }
    const target = to.origin + rows.start * to.row + columns.start * to.pixel;
    const panels = weights;
    weights += taps.length * dx.channels * dy.channels * 4;
    return [
      {
        kernel: "convolve",
        args: [
          ...([from.origin + rows.first * from.row + columns.first * from.pixel, panels, target, "lo", "hi"] as const),
          ...([imagesPerPass(rows.count * columns.count), rows.count, columns.count] as const),
          ...([from.image, from.row, from.pixel] as const),
          ...([segments.length, tables.address(segments), columns.taps.length * 8] as const),
          ...([dx.channels / 8, to.image, stride * to.row, stride * to.pixel, to.block] as const),
          ...([accumulate ? target : 0, 0, 0] as const),
        ],
      },
    ];
  });
  return accumulate ? calls : [...clearBorder(dx, tables), ...calls];
}
