import {
  add,
  avgPool,
  batchNorm,
  concat,
  conv2d,
  maxPool,
  mean,
  pad,
  relu,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from "@tensorflow/tfjs-core";
import type { Layer, Pool, Trunk } from "../../networks/trunk.ts";
import { type BatchStatistics, batchNormTraining, EPSILON } from "./batchNorm.ts";
import type { Parameters } from "./parameters.ts";

/** Batch norm of the layer named `norm`: by batch statistics in training, by running ones in evaluation. */
export type Normalise = (x: Tensor4D, norm: string) => Tensor4D;

/**
 * Images to penultimate features, layer by layer.
 *
 * @param images normalised [N, H, W, 3]
 * @returns [N, featureDim]
 */
export function features(trunk: Trunk, parameters: Parameters, images: Tensor4D, normalise: Normalise): Tensor2D {
  const values: Tensor4D[] = [];
  values[trunk.input] = images;
  const value = (map: number): Tensor4D => {
    const tensor = values[map];
    if (!tensor) throw new Error(`Map ${map} is read before it is computed.`);
    return tensor;
  };
  for (const layer of trunk.layers) {
    if (layer.op !== "globalAverage") values[layer.output] = run(layer, value, parameters, normalise);
  }
  return mean<Tensor2D>(value(trunk.last), [1, 2]);
}

function run(
  layer: Exclude<Layer, { op: "globalAverage" }>,
  value: (map: number) => Tensor4D,
  parameters: Parameters,
  normalise: Normalise,
): Tensor4D {
  switch (layer.op) {
    case "convolution": {
      const weight = parameters.get(`${layer.name}.weight`) as unknown as Tensor4D;
      // A number, not "same": at stride 2 and even sizes "same" pads (0, 1), PyTorch (1, 1).
      return conv2d(value(layer.input), weight, layer.stride, layer.padding);
    }
    case "batchNorm":
      return normalise(value(layer.input), layer.name);
    case "relu":
      return relu(value(layer.input));
    case "add":
      return add(value(layer.inputs[0]), value(layer.inputs[1]));
    case "concat":
      return concat(layer.inputs.map(value), 3);
    case "maxPool":
      // On WebGPU the gradient goes to the last of equal maxima, elsewhere to the first. Behind a ReLU equals are zeros,
      // whose gradient ends there anyway.
      return maxPool(value(layer.input), layer.kernel, layer.stride, layer.padding);
    case "averagePool":
      return averagePool(value(layer.input), layer);
  }
}

/** Padding counts as zeros. Padded beforehand: tfjs' own padding does not count, and its gradient contradicts it. */
function averagePool(x: Tensor4D, { kernel, stride, padding }: Pool): Tensor4D {
  const border: [number, number] = [padding, padding];
  const padded = padding > 0 ? pad(x, [[0, 0], border, border, [0, 0]]) : x;
  return avgPool(padded, kernel, stride, "valid");
}

/** Evaluation mode. */
export function byRunningStatistics(parameters: Parameters): Normalise {
  const vector = (name: string) => parameters.get(name) as unknown as Tensor1D;
  return (x, norm) =>
    batchNorm(
      x,
      vector(`${norm}.running_mean`),
      vector(`${norm}.running_var`),
      vector(`${norm}.bias`),
      vector(`${norm}.weight`),
      EPSILON,
    ) as Tensor4D;
}

/** Training mode. Fills `collected` with each layer's statistics, which the caller disposes. */
export function byBatchStatistics(parameters: Parameters, collected: Map<string, BatchStatistics>): Normalise {
  const vector = (name: string) => parameters.get(name) as unknown as Tensor1D;
  return (x, norm) => {
    const { y, statistics } = batchNormTraining(x, vector(`${norm}.weight`), vector(`${norm}.bias`));
    collected.set(norm, statistics);
    return y;
  };
}
