import {
  argMax,
  customGrad,
  div,
  logSoftmax,
  mul,
  neg,
  oneHot,
  type Scalar,
  softmax,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { normalisedNhwc } from "../../engine/augment.ts";
import { checkImages } from "../../engine/batch.ts";
import { type Network, NonFiniteLoss, type Normalisation } from "../../engine/network.ts";
import { type InputPerturbation, UndefinedScore } from "../detector.ts";
import { inSlices, type Pace } from "./slices.ts";

export interface PerturbedPassOptions extends Pace {
  readonly onProgress?: (done: number, total: number) => void;
}

/** Images in memory as floats at once: a batch of the networks. */
const RUN = 128;

/**
 * Logits [count, classes] of the images after the perturbation's step: a forward and a backward pass for the gradient,
 * and a forward pass of the moved images, about three times what an evaluation takes.
 *
 * @param images uint8 RGB [count][imageSize][imageSize][3], at least
 * @throws UndefinedScore where the network's logits are not finite, naming the images; RangeError for too few images
 */
export async function perturbedLogits(
  network: Network,
  images: Uint8Array,
  count: number,
  normalisation: Normalisation,
  perturbation: InputPerturbation,
  options: PerturbedPassOptions = {},
): Promise<Float32Array> {
  const { classes, imageSize } = network.spec;
  checkImages(images, count, network.spec);
  const size = imageSize ** 2 * 3;
  const logits = new Float32Array(count * classes);
  const run = async (first: number): Promise<void> => {
    const n = Math.min(RUN, count - first);
    const raw = { count: n, images: images.subarray(first * size, (first + n) * size), augmentation: null };
    const input = normalisedNhwc(raw, network.spec, normalisation);
    const moved = await perturbedInput(network, input, n, perturbation, first);
    logits.set((await network.forwardNormalised(moved, n)).logits, first * classes);
    options.onProgress?.(first + n, count);
  };
  const runs = Array.from({ length: Math.ceil(count / RUN) }, (_, k) => () => run(k * RUN));
  await inSlices(runs, options);
  return logits;
}

/**
 * x + step · sign(∂loss/∂x)/sigma of normalised images, float32 [count][imageSize][imageSize][3]; sign(0) = +1 and the
 * loss is {@link ownCrossEntropy}.
 *
 * @param first index of the first image, for messages
 * @throws UndefinedScore where there is no finite gradient
 */
export async function perturbedInput(
  network: Network,
  input: Float32Array,
  count: number,
  { step, sigma, temperature }: InputPerturbation,
  first = 0,
): Promise<Float32Array> {
  const gradient = await ownGradient(network, input, count, temperature);
  if (gradient === null) {
    throw new UndefinedScore(
      `the network's logits for the images ${first} to ${first + count - 1}, or their gradient by the pixels, are not finite`,
    );
  }
  return input.map((x, i) => x + (step * ((gradient[i] as number) < 0 ? -1 : 1)) / (sigma[i % 3] as number));
}

/** ∂loss/∂x, or null where it is not finite. */
async function ownGradient(
  network: Network,
  input: Float32Array,
  count: number,
  temperature: number,
): Promise<Float32Array | null> {
  try {
    const loss = (logits: Tensor2D) => ownCrossEntropy(logits, temperature);
    const { gradient } = await network.inputGradient(input, count, loss);
    return gradient.every(Number.isFinite) ? gradient : null;
  } catch (error) {
    if (error instanceof NonFiniteLoss) return null;
    throw error;
  }
}

/**
 * CE(z/T, argmax z), summed over the rows of [n, classes]; of equal largest logits the first is the class. The choice
 * of the class is not differentiated, so the gradient is written out: (softmax(z/T) − onehot)/T.
 */
export function ownCrossEntropy(logits: Tensor2D, temperature: number): Scalar {
  const loss = customGrad((...inputs) => {
    const [z, save] = inputs as [Tensor2D, (tensors: Tensor[]) => void];
    const own = oneHot(argMax(z, 1), z.shape[1], 1, 0, "float32");
    const scaled = div<Tensor2D>(z, temperature);
    save([sub(softmax(scaled), own)]);
    const gradFunc = (upstream: Tensor, saved: Tensor[]): Tensor => mul(upstream, div(saved[0] as Tensor, temperature));
    return { value: neg<Scalar>(sum(mul(own, logSoftmax(scaled)))), gradFunc };
  });
  return loss(logits) as Scalar;
}
