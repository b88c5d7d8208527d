import type { ConvolutionParameter } from "../../plan/steps.ts";
import type { Sides } from "./gradientPhases.ts";

/**
 * `direct`: the sum as it is written, 4 pixels × 8 channels in registers; any window.
 * `winograd`: F(4 × 4, 3 × 3), which multiplies 36 instead of 144 times per tile of 4 × 4 outputs.
 */
export type Method = "direct" | "winograd";

/**
 * How a convolution is computed, forwards and backwards.
 *
 * @param output rows and columns of its output
 * @param ofImages whether it reads the images, which have four lanes
 */
export function chooseConvolution({ layer }: ConvolutionParameter, output: Sides, ofImages: boolean): Method {
  const { kernel, stride, padding } = layer;
  if (ofImages || kernel !== 3 || stride !== 1 || padding !== 1) return "direct";
  // Tiles that hang over the edge compute what nobody wants: at most half of it.
  const tiles = Math.ceil(output.height / 4) * Math.ceil(output.width / 4);
  return 16 * tiles <= 2 * output.height * output.width ? "winograd" : "direct";
}
