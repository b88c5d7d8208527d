import * as tf from "@tensorflow/tfjs-core";
import type { Architecture } from "../../../../networks/architecture.ts";
import type { Loss, SgdHyper } from "../../../network.ts";
import { Oracle } from "../../../oracle/classifier.ts";
import { crossEntropy } from "../../../oracle/head.ts";
import { goldenNoise, goldenStateOf } from "../../../tape/testing/goldenFill.ts";
import { acquireGpu } from "../../gpu.ts";
import { GpuClassifier } from "../runtime/classifier.ts";
import type { Inputs } from "../runtime/inputs.ts";
import { testArchitectures } from "./trunks.ts";

/** Mean cross-entropy by tfjs. The engine knows no training methods, so its tests bring their own. */
export const tapeCrossEntropy: Loss = (logits, labels) => {
  const target = tf.oneHot(tf.tensor1d(labels, "int32"), logits.shape[1], 1, 0, "float32");
  return tf.neg<tf.Scalar>(tf.mean<tf.Scalar>(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1)));
};

/** Keeps the GPU open until the process ends, so that kernels are compiled once for all tests. Returns its name. */
export async function holdGpu(): Promise<string> {
  return (await acquireGpu({ allowSoftware: true })).adapter.name;
}

/** Largest deviations from the oracle, relative to the largest number of the tensor, by what was compared. */
export type Errors = Record<string, number>;

interface Prepared {
  readonly classifier: GpuClassifier;
  readonly oracle: Oracle;
  /** Normalised, for the GPU [n][height][width][3] and for the oracle [n][3][height][width]. */
  readonly nhwc: Float32Array;
  readonly nchw: Float64Array;
  readonly labels: Int32Array;
}

/**
 * A training step of each batch size, then evaluation mode of each, always from the same state.
 *
 * @param name one of the test networks
 */
export async function oracleErrors(name: string, maxBatch: number, training: number[], evaluation: number[]) {
  const make = testArchitectures[name];
  if (!make) throw new Error(`There is no test network "${name}".`);
  const architecture = make();
  const gpu = await acquireGpu({ allowSoftware: true });
  const normalisation = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const classifier = new GpuClassifier(gpu, architecture, { maxBatch, normalisation });
  try {
    const errors: Errors = {};
    const prepared = (n: number): Prepared => {
      const state = goldenStateOf(architecture, "");
      classifier.importState(state);
      return { classifier, oracle: new Oracle(architecture, state), ...data(architecture, n) };
    };
    const add = (what: string, more: Errors) => {
      for (const [key, error] of Object.entries(more)) errors[`${what}: ${key}`] = error;
    };
    for (const n of training) add(`training of ${n}`, await trainingErrors(prepared(n)));
    for (const n of evaluation) add(`evaluation of ${n}`, await evaluationErrors(prepared(n)));
    return errors;
  } finally {
    classifier.dispose();
    gpu.release();
  }
}

/**
 * Losses of three training steps and the parameters after them. "overlapped": each is queued before the one before it
 * has answered; "cut": every call of a pass has a command buffer of its own, as on the slowest of GPUs.
 */
export async function stepsOf(
  name: string,
  way: "alone" | "overlapped" | "cut",
): Promise<{ losses: number[]; state: Float32Array[] }> {
  const make = testArchitectures[name];
  if (!make) throw new Error(`There is no test network "${name}".`);
  const architecture = make();
  const gpu = await acquireGpu({ allowSoftware: true });
  const normalisation = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const pace = way === "cut" ? { pace: { flops: 1, watch: <T>(_: number, answer: Promise<T>) => answer } } : {};
  const classifier = new GpuClassifier(gpu, architecture, { maxBatch: 4, normalisation, ...pace });
  try {
    classifier.importState(goldenStateOf(architecture, ""));
    const losses: number[] = [];
    let before: Promise<{ loss: number }> | null = null;
    for (const n of [4, 3, 4]) {
      const { nhwc, labels } = data(architecture, n);
      const images = { n, write: (inputs: Inputs) => inputs.writeNormalised(nhwc) };
      const hyper: SgdHyper = { lr: 0.05 * n, momentum: 0.9, weightDecay: 1e-4 };
      const { result } = await classifier.train(images, (logits) => tapeCrossEntropy(logits, labels), hyper);
      if (way !== "overlapped") await result;
      if (before) losses.push((await before).loss);
      before = result;
    }
    if (before) losses.push((await before).loss);
    const state = await classifier.exportState({ momenta: true });
    return { losses, state: [...state.values()].map((tensor) => tensor.data) };
  } finally {
    classifier.dispose();
    gpu.release();
  }
}

function data({ trunk, classes }: Architecture, n: number): Pick<Prepared, "nhwc" | "nchw" | "labels"> {
  const { height, width } = trunk.maps[trunk.input] as { height: number; width: number };
  const area = height * width;
  const nchw = Float64Array.from(Float32Array.from(goldenNoise("images", n * 3 * area), (v) => 1.7 * v));
  const labels = Int32Array.from({ length: n }, (_, i) => (3 * i + 1) % classes);
  return { nchw, nhwc: nhwcOf(nchw, n), labels };
}

/** [n][3][area] → [n][area][3]. */
function nhwcOf(nchw: Float64Array, n: number): Float32Array {
  const area = nchw.length / n / 3;
  return Float32Array.from({ length: nchw.length }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return nchw[(Math.floor(pixel / area) * 3 + (i % 3)) * area + (pixel % area)] as number;
  });
}

function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.NaN;
  let worst = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(error <= worst)) worst = error;
    scale = Math.max(scale, Math.abs(expected[i] as number));
  }
  return worst === 0 ? 0 : worst / scale;
}

/** One training step. The momenta after it, without weight decay, are the gradients. */
async function trainingErrors({ classifier, oracle, nhwc, nchw, labels }: Prepared): Promise<Errors> {
  const hyper: SgdHyper = { lr: 0.05, momentum: 0.9, weightDecay: 0 };
  const images = { n: labels.length, write: (inputs: Inputs) => inputs.writeNormalised(nhwc) };
  const step = await (await classifier.train(images, (logits) => tapeCrossEntropy(logits, labels), hyper)).result;
  const expected = oracle.trainStep(nchw, labels, hyper);
  const errors: Errors = {
    loss: Math.abs(step.loss - expected.loss) / expected.loss,
    logits: relativeError(step.logits, expected.logits),
  };
  const state = await classifier.exportState({ momenta: true });
  for (const [key, values] of oracle.state) errors[key] = relativeError(state.get(key)?.data ?? [], values);
  for (const [key, values] of oracle.momenta) {
    errors[`momentum/${key}`] = relativeError(state.get(`momentum/${key}`)?.data ?? [], values);
  }
  return errors;
}

/** Evaluation mode, and the gradient by the images of the cross-entropy. */
async function evaluationErrors({ classifier, oracle, nhwc, nchw, labels }: Prepared): Promise<Errors> {
  const n = labels.length;
  const images = { n, write: (inputs: Inputs) => inputs.writeNormalised(nhwc) };
  const outputs = await (await classifier.evaluate(images)).result;
  const probe = await (await classifier.inputGradient(images, (logits) => tapeCrossEntropy(logits, labels))).result;
  const expected = oracle.inputGradient(nchw, n, (logits) => crossEntropy(logits, labels).dLogits);
  return {
    features: relativeError(outputs.features, expected.features),
    logits: relativeError(outputs.logits, expected.logits),
    "probe features": relativeError(probe.features, expected.features),
    "probe logits": relativeError(probe.logits, expected.logits),
    "input gradient": relativeError(probe.gradient, nhwcOf(expected.gradient, n)),
  };
}
