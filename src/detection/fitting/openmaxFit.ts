import type { StrayModels } from "../../engine/dense/kernels.ts";
import { distance } from "../../engine/dense/openMax.ts";
import { type Activations, UndefinedScore } from "../detector.ts";
import { checkFinite } from "./finite.ts";
import { fitWeibull } from "./weibull.ts";

/**
 * What OpenMax knows of each class: where its correct images lie in logit space, and how far the farthest stray. The
 * Weibull distributions are of the tails shifted by 1 − small, small being the smallest distance of a tail.
 */
export interface ClassModels extends StrayModels {
  /** [classes, tail], the largest distances in ascending order; the end of a row is NaN where there are fewer. */
  readonly tails: Float64Array;
}

/** Throws UndefinedScore for a class with fewer than two different distances: libMR finds no Weibull there. */
export function fitClassModels(train: Activations, classes: number, tail: number): ClassModels {
  checkFinite(train.logits, train.count, "logit", "train");
  const correct = correctClasses(train, classes);
  const { means, counts } = classMeans(train, classes, correct);
  const tails = largestDistances(train, classes, correct, means, tail);
  const models = { means, scale: new Float64Array(classes), shape: new Float64Array(classes) };
  const small = new Float64Array(classes);
  const padded = new Float64Array(classes * tail).fill(Number.NaN);
  for (const [k, largest] of tails.entries()) {
    const least = largest[0] as number;
    const fit = fitWeibull(Float64Array.from(largest, (value) => value - least + 1));
    if (fit === null) {
      throw new UndefinedScore(
        `the tail of class ${k} needs two different distances, and the ${largest.length} largest of its ` +
          `${counts[k]} correctly classified train images are all ${least}`,
      );
    }
    models.scale[k] = fit.scale;
    models.shape[k] = fit.shape;
    small[k] = least;
    padded.set(largest, k * tail);
  }
  return { ...models, small, tails: padded };
}

/** The class of each correctly classified image, −1 for the others; of equal logits the first is the prediction. */
function correctClasses({ count, logits, labels }: Activations, classes: number): Int32Array {
  const correct = new Int32Array(count).fill(-1);
  for (let i = 0; i < count; i++) {
    const label = labels[i] as number;
    if (!(label >= 0 && label < classes)) continue;
    const at = i * classes;
    const own = logits[at + label] as number;
    let k = 0;
    while (k < label && (logits[at + k] as number) < own) k++;
    if (k < label) continue;
    while (k < classes && (logits[at + k] as number) <= own) k++;
    if (k === classes) correct[i] = label;
  }
  return correct;
}

/** Mean logits of the correct images of each class, one class per row, and how many there are. */
function classMeans(
  { count, logits, labels }: Activations,
  classes: number,
  correct: Int32Array,
): { means: Float64Array; counts: Int32Array } {
  const means = new Float64Array(classes * classes);
  const counts = new Int32Array(classes);
  for (let i = 0; i < count; i++) {
    const k = correct[i] as number;
    if (k < 0) continue;
    counts[k] = (counts[k] as number) + 1;
    const to = k * classes;
    for (let j = 0; j < classes; j++) {
      means[to + j] = (means[to + j] as number) + (logits[i * classes + j] as number);
    }
  }
  const missing = counts.indexOf(0);
  if (missing >= 0) {
    const own = labels.reduce((total, label) => total + (label === missing ? 1 : 0), 0);
    throw new UndefinedScore(`none of the ${own} train images of class ${missing} is classified correctly`);
  }
  for (let at = 0; at < means.length; at++) {
    means[at] = (means[at] as number) / (counts[Math.floor(at / classes)] as number);
  }
  return { means, counts };
}

/** The `tail` largest distances of the correct images of each class to its mean, in ascending order. */
function largestDistances(
  { count, logits }: Activations,
  classes: number,
  correct: Int32Array,
  means: Float64Array,
  tail: number,
): Float32Array[] {
  // As the reference holds them, which also makes distances equal that differ by rounding alone.
  const tails = Array.from({ length: classes }, () => new Float32Array(Math.min(tail, count)));
  const lengths = new Int32Array(classes);
  for (let i = 0; i < count; i++) {
    const k = correct[i] as number;
    if (k < 0) continue;
    const largest = tails[k] as Float32Array;
    const value = Math.fround(distance(logits, i * classes, means, k * classes, classes));
    const length = lengths[k] as number;
    if (length < largest.length) lengths[k] = length + 1;
    else if (value <= (largest[0] as number)) continue;
    insert(largest, length, value);
  }
  return tails.map((largest, k) => largest.slice(0, lengths[k]));
}

/** Puts a value into the ascending first `length` entries; where there is no room left, the smallest goes. */
function insert(ascending: Float32Array, length: number, value: number): void {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  if (length < ascending.length) {
    ascending.copyWithin(low + 1, low, length);
    ascending[low] = value;
  } else {
    ascending.copyWithin(0, 1, low);
    ascending[low - 1] = value;
  }
}
