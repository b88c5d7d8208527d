import { initialState } from "../../networks/init.ts";
import { Stream } from "../../random/stream.ts";
import type { Engine, Loss, Network, TrainBatch } from "../network.ts";

/**
 * A little run for tests: seeded images, seeded weights, three steps. What it computes in Node and in a browser must
 * be equal to the bit.
 */
const spec = { architecture: "resnet18", width: 8, classes: 4, imageSize: 16 } as const;
const SEED = 20;
const STEPS = 3;

/** What {@link testLosses} gives with cross-entropy and plain SIMD, in Node as in every browser. */
export const EXPECTED_TEST_LOSSES: readonly number[] = [1.7607890367507935, 1.4626017808914185, 1.4180537462234497];

/** A network of the test run's size with its seeded weights. */
export async function testNetwork(engine: Engine, maxBatch: number): Promise<Network> {
  const normalisation = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;
  const network = await engine.createNetwork(spec, { maxBatch, normalisation });
  await network.importState(initialState(spec, SEED));
  return network;
}

/** `count` seeded images with labels and augmentations; step after step another batch. */
export function testBatch(count: number, step: number): TrainBatch {
  const stream = new Stream(SEED, "test batch", step);
  const bytes = (length: number, below: number) => Uint8Array.from({ length }, () => stream.int(below));
  return {
    count,
    images: bytes(count * spec.imageSize ** 2 * 3, 256),
    labels: Int32Array.from({ length: count }, () => stream.int(spec.classes)),
    augmentation: { flip: bytes(count, 2), offsetY: bytes(count, 9), offsetX: bytes(count, 9) },
  };
}

/** Loss of each step of the run. */
export async function testLosses(engine: Engine, loss: Loss): Promise<number[]> {
  const network = await testNetwork(engine, 8);
  try {
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const hyper = { lr: 0.05, momentum: 0.9, weightDecay: 5e-4 };
      losses.push((await network.trainStep(testBatch(8, step), loss, hyper)).loss);
    }
    return losses;
  } finally {
    network.dispose();
  }
}
