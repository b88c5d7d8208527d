import type { Score } from "./detector.ts";

/** A score of one row of logits: `classes` values from `offset`. */
export type RowScore = (logits: Float32Array, offset: number, classes: number) => number;

/** The scorer that applies `row` to every image and rounds to float32. NaN logits give NaN, never a finite score. */
export function logitScore(classes: number, row: RowScore): Score {
  return ({ count, logits }) => {
    if (logits.length !== count * classes) {
      throw new RangeError(`${logits.length} logits for ${count} images of ${classes} classes.`);
    }
    const scores = new Float32Array(count);
    for (let i = 0; i < count; i++) scores[i] = row(logits, i * classes, classes);
    return scores;
  };
}
