import { inputsOf, type Layer } from "../../networks/trunk.ts";
import { batchNorm, batchNormGradient, batchStatistics, type Mode, type NormStatistics } from "./batchNorm.ts";
import { convolve, convolveGradient } from "./convolution.ts";
import { add, concat, concatGradient, relu, reluGradient } from "./pointwise.ts";
import {
  averagePool,
  averagePoolGradient,
  globalAverage,
  globalAverageGradient,
  maxPool,
  maxPoolGradient,
} from "./pool.ts";
import { type State, tensorOf } from "./state.ts";
import type { Tensor } from "./tensor.ts";

/** What a forward pass leaves for its backward pass. */
export interface Trace {
  readonly mode: Mode;
  /** Each map's value, by MapId. */
  readonly values: readonly Tensor[];
  /** What each batch norm normalised by, by its name. */
  readonly statistics: ReadonlyMap<string, NormStatistics>;
  /** [n][featureDim]. */
  readonly features: Float64Array;
}

export function runningStatistics(state: State, name: string): NormStatistics {
  return { mean: tensorOf(state, `${name}.running_mean`), variance: tensorOf(state, `${name}.running_var`) };
}

/** A layer's output. In training mode a batch norm leaves the statistics of its input in `statistics`. */
export function runLayer(
  layer: Layer,
  value: (map: number) => Tensor,
  state: State,
  mode: Mode,
  statistics: Map<string, NormStatistics>,
): Tensor {
  switch (layer.op) {
    case "convolution":
      return convolve(layer, tensorOf(state, `${layer.name}.weight`), value(layer.input));
    case "batchNorm": {
      const { name, input } = layer;
      const own = mode === "training" ? batchStatistics(value(input)) : runningStatistics(state, name);
      statistics.set(name, own);
      return batchNorm(value(input), own, tensorOf(state, `${name}.weight`), tensorOf(state, `${name}.bias`));
    }
    case "relu":
      return relu(value(layer.input));
    case "add":
      return add(value(layer.inputs[0]), value(layer.inputs[1]));
    case "concat":
      return concat(layer.inputs.map(value));
    case "maxPool":
      return maxPool(layer, value(layer.input));
    case "averagePool":
      return averagePool(layer, value(layer.input));
    case "globalAverage":
      return globalAverage(value(layer.input));
  }
}

/** The gradient by each input of a layer; those by its parameters go into `gradients`. */
export function layerGradient(
  layer: Layer,
  { values, statistics, mode }: Trace,
  dy: Tensor,
  state: State,
  gradients: Map<string, Float64Array>,
): Tensor[] {
  const inputs = inputsOf(layer).map((map) => values[map] as Tensor);
  const x = inputs[0] as Tensor;
  switch (layer.op) {
    case "convolution": {
      const weight = `${layer.name}.weight`;
      const { dx, dWeight } = convolveGradient(layer, tensorOf(state, weight), x, dy);
      gradients.set(weight, dWeight);
      return [dx];
    }
    case "batchNorm": {
      const { name } = layer;
      const own = tensorOf(statistics, name);
      const { dx, dGain, dBias } = batchNormGradient(x, own, tensorOf(state, `${name}.weight`), dy, mode);
      gradients.set(`${name}.weight`, dGain).set(`${name}.bias`, dBias);
      return [dx];
    }
    case "relu":
      return [reluGradient(x, dy)];
    case "add":
      return [dy, dy];
    case "concat":
      return concatGradient(inputs, dy);
    case "maxPool":
      return [maxPoolGradient(layer, x, dy)];
    case "averagePool":
      return [averagePoolGradient(layer, x, dy)];
    case "globalAverage":
      return [globalAverageGradient(x, dy)];
  }
}
