import { logSoftmax, mean, mul, neg, type Scalar, sum, tensor2d } from "@tensorflow/tfjs-core";
import { initialState } from "../networks/init.ts";
import type { Engine, Loss, NetworkSpec, StateDict } from "./network.ts";
import { expectedNumbers } from "./selfTestNumbers.ts";

/** A backend computes wrong numbers. `message` completes the sentence "WebGPU: …". */
export class SelfTestFailed extends Error {
  constructor(message: string) {
    super(`the self-test failed: ${message}`);
    this.name = "SelfTestFailed";
  }
}

/** What a backend computes in the self-test. */
export interface SelfTestNumbers {
  /** Loss of each step. */
  readonly losses: readonly number[];
  /** Evaluation-mode logits of the first three images after the last step. */
  readonly logits: Float32Array;
  /** Parameters, running statistics and momenta after the last step. */
  readonly state: StateDict;
}

/** Largest allowed deviation, relative to the largest expected number. Right float32 backends stay below a tenth. */
export const SELF_TEST_TOLERANCE = 1e-4;

// 16 pixels, so that the last batch norm still averages 16 values: over 4 of them, which 8 pixels would leave,
// rounding errors grow a thousandfold. Of twelve seeds this one answers least to noise on the weights.
const spec: NetworkSpec = { architecture: "resnet18", width: 8, classes: 4, imageSize: 16 };
const SEED = 2;
const STEPS = 2;

const batch = {
  count: 4,
  images: Uint8Array.from({ length: 4 * 16 * 16 * 3 }, (_, i) => (i * 97 + (i >> 4) * 31 + (i % 7) * 53) % 256),
  labels: Int32Array.of(0, 1, 2, 3),
  augmentation: {
    flip: Uint8Array.of(0, 0, 1, 1),
    offsetY: Uint8Array.of(3, 4, 5, 3),
    offsetX: Uint8Array.of(4, 6, 5, 4),
  },
};

// The engine knows no training methods, so the self-test brings its own cross-entropy.
const loss: Loss = (logits, labels): Scalar => {
  const target = new Float32Array(logits.size);
  labels.forEach((label, i) => {
    target[i * spec.classes + label] = 1;
  });
  return neg<Scalar>(mean<Scalar>(sum(mul(tensor2d(target, logits.shape), logSoftmax(logits)), 1)));
};

/** Two training steps and one evaluation of a tiny ResNet-18: augmentation, forward, backward, optimiser, statistics. */
export async function selfTestNumbers(engine: Engine): Promise<SelfTestNumbers> {
  const normalisation = { mean: [0.49, 0.48, 0.45], std: [0.25, 0.24, 0.26] } as const;
  const network = await engine.createNetwork(spec, { maxBatch: batch.count, normalisation });
  try {
    await network.importState(initialState(spec, SEED));
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      losses.push((await network.trainStep(batch, loss, { lr: 0.01, momentum: 0.9, weightDecay: 5e-4 })).loss);
    }
    const { logits } = await network.forward(batch.images, 3);
    return { losses, logits, state: await network.exportState({ momenta: true }) };
  } finally {
    network.dispose();
  }
}

/**
 * Trains a tiny network on the engine and compares with known numbers. Takes well under a second on hardware, after
 * the kernels have been compiled.
 *
 * @throws SelfTestFailed with the first number that is wrong
 */
export async function selfTest(engine: Engine): Promise<void> {
  const { losses, logits, state } = await selfTestNumbers(engine);
  compare("the loss", losses, expectedNumbers.losses);
  compare("the logits", logits, expectedNumbers.logits);
  for (const [name, expected] of Object.entries(expectedNumbers.state)) {
    compare(`"${name}"`, state.get(name)?.data.subarray(0, expected.length) ?? [], expected);
  }
}

function compare(what: string, actual: ArrayLike<number>, expected: readonly number[]): void {
  const scale = Math.max(...expected.map(Math.abs));
  expected.forEach((value, i) => {
    const given = actual[i] ?? Number.NaN;
    const deviation = Math.abs(given - value) / scale;
    // Written so that NaN fails.
    if (!(deviation <= SELF_TEST_TOLERANCE)) {
      throw new SelfTestFailed(`${what} is ${given} instead of ${value} (number ${i + 1})`);
    }
  });
}
