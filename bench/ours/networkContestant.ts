import type { Engine, Network, NetworkSpec, TrainBatch } from "../../src/engine/network.ts";
import { initialState } from "../../src/networks/init.ts";
import { Stream } from "../../src/random/stream.ts";
import { drawAugmentation } from "../../src/training/batch.ts";
import { inFlight } from "../../src/training/inFlight.ts";
import { crossEntropy } from "../../src/training/methods/ce.ts";
import type { Contestant } from "../measure/contestant.ts";

/** Training steps or evaluation forward passes of ResNet-18; one repetition is one batch. */
export interface NetworkWork {
  readonly kind: "train" | "infer";
  readonly width: number;
  readonly classes: number;
  readonly imageSize: number;
  readonly batch: number;
}

const SEED = 1;
/** Batches that are trained on in turn. */
const BATCHES = 4;
const HYPER = { lr: 0.01, momentum: 0.9, weightDecay: 5e-4 };
const NORMALISATION = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;

/** How many trained parameters the network has: what the peer's must equal. */
export function parameterCount(spec: NetworkSpec): number {
  let count = 0;
  for (const [name, { data }] of initialState(spec, SEED)) if (!/running_(mean|var)$/.test(name)) count += data.length;
  return count;
}

export const specOf = ({ width, classes, imageSize }: NetworkWork): NetworkSpec => ({
  architecture: "resnet18",
  width,
  classes,
  imageSize,
});

/**
 * An engine at work. A training step is the whole of it: augmentation and normalisation from uint8, forward, loss,
 * backward, update, running statistics, and the loss read back. As many are under way at once as the training loop
 * keeps.
 *
 * @param device what the engine computes on, for the table
 * @param name in the table
 */
export async function networkContestant(
  engine: Engine,
  work: NetworkWork,
  { device, name }: { readonly device: string; readonly name: string },
): Promise<Contestant> {
  const spec = specOf(work);
  const network = await engine.createNetwork(spec, { maxBatch: work.batch, normalisation: NORMALISATION });
  await network.importState(initialState(spec, SEED));
  const batches = Array.from({ length: BATCHES }, (_, i) => batchOf(work, i));
  const step = work.kind === "train" ? training(network, batches) : inference(network, batches);
  let done = 0;
  return {
    name,
    device,
    threads: engine.backend.threads,
    turn: async (times) => {
      const start = performance.now();
      const end = done + times;
      await inFlight(
        work.kind === "train" ? network.stepsInFlight : 1,
        () => (done < end ? step(done++ % BATCHES) : null),
        () => {},
        async () => {},
      );
      return (performance.now() - start) / 1000;
    },
    close: async () => {
      network.dispose();
      engine.dispose();
    },
  };
}

function training(network: Network, batches: readonly TrainBatch[]) {
  return async (i: number): Promise<unknown> => network.trainStep(batches[i] as TrainBatch, crossEntropy, HYPER);
}

function inference(network: Network, batches: readonly TrainBatch[]) {
  return async (i: number): Promise<unknown> => {
    const { images, count } = batches[i] as TrainBatch;
    return network.forward(images, count);
  };
}

/** Images of noise with labels by chance: as dear as any others. */
function batchOf({ batch, imageSize, classes }: NetworkWork, index: number): TrainBatch {
  const stream = new Stream(SEED, "bench", index);
  return {
    count: batch,
    images: Uint8Array.from({ length: batch * imageSize ** 2 * 3 }, () => stream.int(256)),
    labels: Int32Array.from({ length: batch }, () => stream.int(classes)),
    augmentation: drawAugmentation(SEED, index, batch),
  };
}
