import { add, batchNorm, conv2d, mean, relu, type Tensor1D, type Tensor2D, type Tensor4D } from "@tensorflow/tfjs-core";
import type { ConvBn, ResNet18 } from "../../networks/resnet18.ts";
import { type BatchStatistics, batchNormTraining, EPSILON } from "./batchNorm.ts";
import type { Parameters } from "./parameters.ts";

/** Batch norm of the layer named `norm`: by batch statistics in training, by running ones in evaluation. */
export type Normalise = (x: Tensor4D, norm: string) => Tensor4D;

/**
 * Images to penultimate features by ResNet-18.
 *
 * @param images normalised [N, H, W, 3]
 * @returns [N, featureDim]
 */
export function features(network: ResNet18, parameters: Parameters, images: Tensor4D, normalise: Normalise): Tensor2D {
  const convBn = (x: Tensor4D, layer: ConvBn): Tensor4D => {
    const weight = parameters.get(`${layer.conv}.weight`) as unknown as Tensor4D;
    // A number, not "same": at stride 2 and even sizes "same" pads (0, 1), PyTorch (1, 1).
    return normalise(conv2d(x, weight, layer.stride, (layer.kernel - 1) / 2), layer.norm);
  };
  let x = relu(convBn(images, network.stem));
  for (const { first, second, shortcut } of network.blocks) {
    const residual = convBn(relu(convBn(x, first)), second);
    x = relu(add(residual, shortcut ? convBn(x, shortcut) : x));
  }
  return mean<Tensor2D>(x, [1, 2]);
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
