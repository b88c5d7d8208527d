import type { ConvolutionParameter, MapView } from "../../../plan/steps.ts";
import {
  type ConvolutionShape,
  forwardGemm,
  inputGradientGemm,
  weightGradientGemm,
} from "../../kernels/convolution/convolution.ts";
import { convolve } from "../../kernels/convolution/convolve.ts";
import { convolveInputGradient } from "../../kernels/convolution/convolveInputGradient.ts";
import { convolveWeightGradient, sumSplits } from "../../kernels/convolution/convolveWeightGradient.ts";
import { chooseSplits, chooseTile } from "../../kernels/convolution/tile.ts";
import { type PassLowering, viewOf } from "./passLowering.ts";
import { type Place, place } from "./slots.ts";

/** What evaluation adds to a convolution, with the norm's part folded into weights and bias. */
export interface Folded {
  readonly weights: Place;
  readonly bias: Place;
  readonly residual: MapView | null;
  readonly relu: boolean;
}

export function lowerConvolve(
  pass: PassLowering,
  { convolution, x, y }: { convolution: ConvolutionParameter; x: MapView; y: MapView },
  folded: Folded | null,
): void {
  const shape = shapeOf(convolution, x, y);
  const { limits, maxBatch } = pass.context;
  const tile = chooseTile(limits, forwardGemm(shape, maxBatch));
  const operands = { x: pass.place(x), y: pass.place(y) };
  if (!folded) {
    pass.add(convolve(shape, tile), { ...operands, weights: weightsOf(pass, convolution) });
    return;
  }
  const { weights, bias, residual, relu } = folded;
  const kernel = convolve(shape, tile, { residual: residual && viewOf(residual), relu });
  pass.add(kernel, { ...operands, weights, bias, ...(residual ? { residual: pass.place(residual) } : {}) });
}

export function lowerInputGradient(
  pass: PassLowering,
  step: { convolution: ConvolutionParameter; dy: MapView; dx: MapView; accumulate: boolean },
): void {
  const { convolution, dy, dx, accumulate } = step;
  const shape = shapeOf(convolution, dx, dy);
  const { limits, maxBatch } = pass.context;
  const tile = chooseTile(limits, inputGradientGemm(shape, maxBatch));
  const weights = weightsOf(pass, convolution);
  pass.add(convolveInputGradient(shape, tile, accumulate), { dy: pass.place(dy), weights, dx: pass.place(dx) });
}

export function lowerWeightGradient(
  pass: PassLowering,
  { convolution, x, dy }: { convolution: ConvolutionParameter; x: MapView; dy: MapView },
): void {
  const shape = shapeOf(convolution, x, dy);
  const { limits, maxBatch, layout, slots } = pass.context;
  const product = weightGradientGemm(shape, maxBatch);
  const tile = chooseTile(limits, product);
  const splits = chooseSplits(product, tile);
  const { offset, length } = layout.weight(convolution);
  const gradient = place(slots.gradients, offset * 4);
  const operands = { x: pass.place(x), dy: pass.place(dy) };
  const kernel = convolveWeightGradient(shape, tile, splits);
  if (splits === 1) {
    pass.add(kernel, { ...operands, dWeights: gradient });
    return;
  }
  const partials = pass.scratch(`partial sums of ${convolution.layer.name}`, splits * length);
  pass.add(kernel, { ...operands, dWeights: partials });
  pass.add(sumSplits(length, splits), { partials, sums: gradient });
}

export function weightsOf({ context }: PassLowering, convolution: ConvolutionParameter): Place {
  return place(context.slots.parameters, context.layout.weight(convolution).offset * 4);
}

function shapeOf({ layer }: ConvolutionParameter, x: MapView, y: MapView): ConvolutionShape {
  return { x: viewOf(x), y: viewOf(y), window: layer };
}
