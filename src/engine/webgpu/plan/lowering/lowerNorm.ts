import type { BackwardStep, ConvolutionParameter, ForwardStep, MapView, NormParameter } from "../../../plan/steps.ts";
import { combine } from "../../kernels/norm/combine.ts";
import {
  COEFFICIENT_ROWS,
  type CombineGradientShape,
  combineGradientApply,
  combineGradientFinalise,
  combineGradientPartial,
} from "../../kernels/norm/combineGradient.ts";
import { foldNorm, foldWeights, normFloats } from "../../kernels/norm/norm.ts";
import { chooseSlabs } from "../../kernels/norm/slabs.ts";
import { statisticsFinalise, statisticsPartial } from "../../kernels/norm/statistics.ts";
import { weightsOf } from "./lowerConvolution.ts";
import { type PassLowering, viewOf } from "./passLowering.ts";
import { type Place, place } from "./slots.ts";

type Step<K extends (ForwardStep | BackwardStep)["kind"]> = Extract<ForwardStep | BackwardStep, { kind: K }>;

export function lowerBatchStatistics(pass: PassLowering, { norm, x }: Step<"batchStatistics">): void {
  const view = viewOf(x);
  const slabs = chooseSlabs(view, pass.context.maxBatch);
  const partial = statisticsPartial(view, slabs);
  const partials = pass.scratchOf(partial, "partials");
  pass.add(partial, { x: pass.place(x), partials });
  const { gain, bias, runningMean, runningVariance } = parametersOf(pass, norm);
  const operands = { partials, gain, bias, runningMean, runningVariance, norm: rowsOf(pass, norm) };
  pass.add(statisticsFinalise(view, slabs), operands);
}

export function lowerRunningStatistics(pass: PassLowering, norm: NormParameter): void {
  const { gain, bias, runningMean, runningVariance } = parametersOf(pass, norm);
  const operands = { gain, bias, runningMean, runningVariance, norm: rowsOf(pass, norm) };
  pass.add(foldNorm(norm.channels), operands);
}

/** A convolution's weights and bias with the norm behind it worked in. */
export function lowerFold(
  pass: PassLowering,
  convolution: ConvolutionParameter,
  norm: NormParameter,
): { weights: Place; bias: Place } {
  const { layer, inputs, outputs } = convolution;
  lowerRunningStatistics(pass, norm);
  const weights = pass.scratch(`folded weights of ${layer.name}`, layer.kernel ** 2 * inputs * outputs);
  const bias = pass.scratch(`folded bias of ${layer.name}`, outputs);
  pass.add(foldWeights(layer.kernel ** 2 * inputs, outputs), {
    weights: weightsOf(pass, convolution),
    norm: rowsOf(pass, norm),
    folded: weights,
    foldedBias: bias,
  });
  return { weights, bias };
}

export function lowerCombine(pass: PassLowering, { terms, relu, out }: Step<"combine">): void {
  const kernel = combine(
    terms.map(({ map, norm }) => ({ x: viewOf(map), norm: norm !== null })),
    relu,
    viewOf(out),
  );
  const operands: Record<string, Place> = { out: pass.place(out) };
  for (const [k, { map, norm }] of terms.entries()) {
    operands[`x${k}`] = pass.place(map);
    if (norm) operands[`norm${k}`] = rowsOf(pass, norm);
  }
  pass.add(kernel, operands);
}

export function lowerCombineGradient(pass: PassLowering, step: Step<"combineGradient">): void {
  const { terms, relu, out, dOut, batch } = step;
  const shape: CombineGradientShape = {
    terms: terms.map(({ map, norm, gradient, accumulate }) => {
      return { x: viewOf(map), norm: norm !== null, gradient: viewOf(gradient), accumulate };
    }),
    relu: relu ? { out: viewOf(out) } : null,
    dOut: viewOf(dOut),
  };
  const gradients: Record<string, Place> = { dOut: pass.place(dOut), ...(relu ? { out: pass.place(out) } : {}) };
  const targets = Object.fromEntries(terms.map(({ gradient }, k) => [`d${k}`, pass.place(gradient)]));
  const norms = terms.flatMap(({ map, norm }, k) => (norm ? [{ map, norm, k }] : []));
  const rows = Object.fromEntries(norms.map(({ norm, k }) => [`norm${k}`, rowsOf(pass, norm)]));
  if (!batch) {
    pass.add(combineGradientApply(shape, "evaluation"), { ...gradients, ...rows, ...targets });
    return;
  }
  const maps = Object.fromEntries(norms.map(({ map, k }) => [`x${k}`, pass.place(map)]));
  const coefficients = norms.length > 0 ? lowerSums(pass, shape, norms, { ...gradients, ...maps }, rows, dOut) : {};
  pass.add(combineGradientApply(shape, "training"), { ...gradients, ...maps, ...coefficients, ...targets });
}

/** The sums over the batch: gradients of γ and β, and the coefficients of the gradient by x. */
function lowerSums(
  pass: PassLowering,
  shape: CombineGradientShape,
  norms: readonly { readonly norm: NormParameter; readonly k: number }[],
  maps: Readonly<Record<string, Place>>,
  rows: Readonly<Record<string, Place>>,
  dOut: MapView,
): { coefficients: Place } {
  const slabs = chooseSlabs(shape.dOut, pass.context.maxBatch);
  const partial = combineGradientPartial(shape, slabs);
  const partials = pass.scratchOf(partial, "partials");
  pass.add(partial, { ...maps, ...rows, partials });
  const coefficients = pass.scratch("gradient coefficients", norms.length * COEFFICIENT_ROWS * dOut.channels);
  const { layout, slots } = pass.context;
  const operands: Record<string, Place> = { partials, ...rows, coefficients };
  for (const { norm, k } of norms) {
    const { gain, bias } = layout.norm(norm);
    operands[`dGain${k}`] = place(slots.gradients, gain.offset * 4);
    operands[`dBias${k}`] = place(slots.gradients, bias.offset * 4);
  }
  pass.add(combineGradientFinalise(shape, slabs), operands);
  return { coefficients };
}

/** Where scale, shift, mean and 1/σ of a norm lie in this pass. */
function rowsOf(pass: PassLowering, norm: NormParameter): Place {
  return pass.vector(`norm ${norm.layer.name}`, normFloats(norm.channels));
}

function parametersOf({ context }: PassLowering, norm: NormParameter) {
  const { layout, slots } = context;
  const { gain, bias, runningMean, runningVariance } = layout.norm(norm);
  return {
    gain: place(slots.parameters, gain.offset * 4),
    bias: place(slots.parameters, bias.offset * 4),
    runningMean: place(slots.running, runningMean.offset * 4),
    runningVariance: place(slots.running, runningVariance.offset * 4),
  };
}
