import { UndefinedMetric } from "./thresholds.ts";

/** Index of the largest of each row of [count, classes] logits; the first of equals, as PyTorch and NumPy. */
export function predictions(logits: Float32Array, classes: number): Int32Array {
  if (!Number.isInteger(classes) || classes < 1 || logits.length % classes !== 0) {
    throw new RangeError(`${logits.length} logits do not divide into rows of ${classes} classes.`);
  }
  const predicted = new Int32Array(logits.length / classes);
  for (let i = 0; i < predicted.length; i++) {
    const row = i * classes;
    let best = 0;
    for (let k = 1; k < classes; k++) {
      if ((logits[row + k] as number) > (logits[row + best] as number)) best = k;
    }
    predicted[i] = best;
  }
  return predicted;
}

/**
 * Share of images whose prediction equals their label. Throws UndefinedMetric for no image or unlabelled images,
 * RangeError when the lengths differ.
 */
export function accuracy(predicted: Int32Array, labels: Int32Array): number {
  if (predicted.length !== labels.length) {
    throw new RangeError(`${predicted.length} predictions for ${labels.length} labels.`);
  }
  if (labels.length === 0) throw new UndefinedMetric("there is no image to classify");
  const unlabelled = labels.findIndex((label) => label < 0);
  if (unlabelled >= 0) throw new UndefinedMetric(`image ${unlabelled} of ${labels.length} has no label`);
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predicted[i] === labels[i]) right++;
  return right / labels.length;
}
