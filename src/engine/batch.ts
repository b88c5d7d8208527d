import type { StateTensor } from "../networks/architecture.ts";
import type { NetworkSpec, SgdHyper, StateDict, TrainBatch } from "./network.ts";

/** Throws a RangeError unless `count` images of this size are there. */
export function checkImages(images: Uint8Array, count: number, spec: NetworkSpec): void {
  const bytes = count * spec.imageSize ** 2 * 3;
  if (!Number.isInteger(count) || count < 0 || images.length < bytes) {
    throw new RangeError(
      `${count} RGB images of ${spec.imageSize}×${spec.imageSize} pixels need ${bytes} bytes, not ${images.length}.`,
    );
  }
}

/** Throws a RangeError unless `input` is `count` normalised images of this size. */
export function checkNormalised(input: Float32Array, count: number, { imageSize }: NetworkSpec): void {
  const length = count * imageSize ** 2 * 3;
  if (!Number.isInteger(count) || count < 0 || input.length !== length) {
    throw new RangeError(
      `${count} normalised RGB images of ${imageSize}×${imageSize} pixels are ${length} numbers, not ${input.length}.`,
    );
  }
}

/** Throws a RangeError unless the batch can be trained on. */
export function checkTrainBatch(batch: TrainBatch, spec: NetworkSpec, maxBatch: number): void {
  const { count, images, labels } = batch;
  if (!Number.isInteger(count) || count < 2 || count > maxBatch) {
    throw new RangeError(`A training batch has 2 to ${maxBatch} images, not ${count}: batch norm needs at least two.`);
  }
  checkImages(images, count, spec);
  if (labels.length < count) throw new RangeError(`${count} images need ${count} labels, not ${labels.length}.`);
  for (let i = 0; i < count; i++) {
    const label = labels[i] as number;
    if (label < 0 || label >= spec.classes) {
      throw new RangeError(
        `Image ${i} of the batch has the label ${label}; the network knows 0 to ${spec.classes - 1}.`,
      );
    }
  }
}

/** Throws a RangeError on values no optimiser step can use. */
export function checkHyper({ lr, momentum, weightDecay }: SgdHyper): void {
  const values = Object.entries({ lr, momentum, weightDecay });
  for (const [name, value] of values) {
    if (!Number.isFinite(value) || value < 0) throw new RangeError(`${name} must be a number from 0 on, not ${value}.`);
  }
}

/** How many rows of [count, classes] have their largest entry (the first of equals) at the label. */
export function countCorrect(logits: Float32Array, labels: Int32Array, count: number, classes: number): number {
  let correct = 0;
  for (let i = 0; i < count; i++) {
    const row = i * classes;
    let best = 0;
    for (let c = 1; c < classes; c++) if ((logits[row + c] as number) > (logits[row + best] as number)) best = c;
    if (best === labels[i]) correct++;
  }
  return correct;
}

/** Throws a RangeError unless every tensor is there, every shape right and nothing unknown. Momenta may be missing. */
export function checkState(state: StateDict, layout: readonly StateTensor[]): void {
  const wrong: string[] = [];
  const known = new Set<string>();
  const compare = (name: string, shape: readonly number[], required: boolean) => {
    known.add(name);
    const tensor = state.get(name);
    if (!tensor) {
      if (required) wrong.push(`${name} [${shape}] is missing`);
    } else if (tensor.shape.join() !== shape.join()) {
      wrong.push(`${name} is [${tensor.shape}], not [${shape}]`);
    } else if (tensor.data.length !== shape.reduce((product, side) => product * side, 1)) {
      wrong.push(`${name} is [${shape}] with ${tensor.data.length} numbers`);
    }
  };
  for (const { name, shape, trained } of layout) {
    compare(name, shape, true);
    if (trained) compare(`momentum/${name}`, shape, false);
  }
  for (const name of state.keys()) if (!known.has(name)) wrong.push(`${name} is unknown`);
  if (wrong.length === 0) return;
  const more = wrong.length > 5 ? ` and ${wrong.length - 5} more` : "";
  throw new RangeError(`This state does not fit the network: ${wrong.slice(0, 5).join("; ")}${more}.`);
}
