import { predictions } from "../../metrics/accuracy.ts";
import { type Activations, UndefinedScore } from "../detector.ts";
import { checkFinite } from "./finite.ts";
import { fitWeibull } from "./weibull.ts";

/** What OpenMax knows of each class: where its correct images lie in logit space, and how far the farthest stray. */
export interface ClassModels {
  /** [classes, classes], the mean logits of a class's correct images per row. */
  readonly means: Float64Array;
  /** Weibull of the tail shifted by 1 − small, [classes] each. */
  readonly scale: Float64Array;
  readonly shape: Float64Array;
  /** [classes], the smallest distance of the tail. */
  readonly small: Float64Array;
  /** [classes, tail], the largest distances in ascending order; the end of a row is NaN where there are fewer. */
  readonly tails: Float64Array;
}

/** Throws UndefinedScore for a class with fewer than two different distances: libMR finds no Weibull there. */
export function fitClassModels(train: Activations, classes: number, tail: number): ClassModels {
  checkFinite(train.logits, train.count, "logit", "train");
  const members = correctByClass(train, classes);
  const models: ClassModels = {
    means: new Float64Array(classes * classes),
    scale: new Float64Array(classes),
    shape: new Float64Array(classes),
    small: new Float64Array(classes),
    tails: new Float64Array(classes * tail).fill(Number.NaN),
  };
  for (const [k, images] of members.entries()) {
    if (images.length === 0) {
      const own = train.labels.reduce((count, label) => count + (label === k ? 1 : 0), 0);
      throw new UndefinedScore(`none of the ${own} train images of class ${k} is classified correctly`);
    }
    const mean = models.means.subarray(k * classes, (k + 1) * classes);
    for (const i of images) {
      for (let j = 0; j < classes; j++) mean[j] = (mean[j] as number) + (train.logits[i * classes + j] as number);
    }
    for (let j = 0; j < classes; j++) mean[j] = (mean[j] as number) / images.length;
    // As the reference holds them, which also makes distances equal that differ by rounding alone.
    const distances = new Float32Array(images.length);
    for (const [m, i] of images.entries()) distances[m] = distance(train.logits, i * classes, mean, 0, classes);
    distances.sort();
    const largest = distances.subarray(-tail);
    const small = largest[0] as number;
    const fit = fitWeibull(Float64Array.from(largest, (value) => value - small + 1));
    if (fit === null) {
      throw new UndefinedScore(
        `the tail of class ${k} needs two different distances, and the ${largest.length} largest of its ` +
          `${images.length} correctly classified train images are all ${small}`,
      );
    }
    models.scale[k] = fit.scale;
    models.shape[k] = fit.shape;
    models.small[k] = small;
    models.tails.set(largest, k * tail);
  }
  return models;
}

/** Indices of the correctly classified images of each class. */
function correctByClass({ logits, labels }: Activations, classes: number): number[][] {
  const members: number[][] = Array.from({ length: classes }, () => []);
  const predicted = predictions(logits, classes);
  for (let i = 0; i < predicted.length; i++) {
    const k = predicted[i] as number;
    if (labels[i] === k) members[k]?.push(i);
  }
  return members;
}

/** Euclidean distance of a row of logits to a row of means. */
export function distance(
  logits: Float32Array,
  logitsAt: number,
  means: Float64Array,
  meansAt: number,
  classes: number,
): number {
  let squares = 0;
  for (let j = 0; j < classes; j++) {
    const difference = (logits[logitsAt + j] as number) - (means[meansAt + j] as number);
    squares += difference * difference;
  }
  return Math.sqrt(squares);
}
