import type { Activations, FitInput } from "../detector.ts";

/** No images: what a detector gets of the split that it does not fit on. */
export const noImages: Activations = {
  count: 0,
  features: new Float32Array(),
  logits: new Float32Array(),
  labels: new Int32Array(),
};

/** Activations from one row of features and of logits per image; labels 0 unless given. */
export function made(features: number[][], logits: number[][], labels?: number[]): Activations {
  return {
    count: features.length,
    features: Float32Array.from(features.flat()),
    logits: Float32Array.from(logits.flat()),
    labels: labels === undefined ? new Int32Array(features.length) : Int32Array.from(labels),
  };
}

/** The images `rows`, in that order. */
export function picked({ features, logits, labels, count }: Activations, rows: readonly number[]): Activations {
  return {
    count: rows.length,
    features: pickRows(features, features.length / count, rows),
    logits: pickRows(logits, logits.length / count, rows),
    labels: Int32Array.from(rows, (row) => labels[row] as number),
  };
}

function pickRows(matrix: Float32Array, columns: number, rows: readonly number[]): Float32Array {
  const out = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) out.set(matrix.subarray(row * columns, (row + 1) * columns), i * columns);
  return out;
}

/** One split for both uses, under a head of zeros unless given. */
export function fitInputOf(
  split: Activations,
  featureDim: number,
  classes: number,
  head: FitInput["head"] = {
    weight: new Float32Array(classes * featureDim),
    bias: new Float32Array(classes),
  },
): FitInput {
  return { featureDim, classes, train: split, val: split, head };
}
