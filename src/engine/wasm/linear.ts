/**
 * logits = features · weightᵀ + bias and its gradients, in plain loops: a classifier's head is a few hundred thousand
 * operations, less than tfjs needs to prepare them. Sums are formed in float64 and rounded once.
 */

/** A linear layer: weight [classes][featureDim], bias [classes]. */
export interface Linear {
  readonly classes: number;
  readonly featureDim: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** Features [n][featureDim] → logits [n][classes]. */
export function linear({ classes, featureDim, weight, bias }: Linear, features: Float32Array, n: number): Float32Array {
  // Class by class in the inner loop, so that no sum waits for its own last addition.
  const columns = new Float64Array(featureDim * classes);
  for (let k = 0; k < classes; k++) {
    for (let j = 0; j < featureDim; j++) columns[j * classes + k] = weight[k * featureDim + j] as number;
  }
  const logits = new Float32Array(n * classes);
  const sums = new Float64Array(classes);
  for (let i = 0; i < n; i++) {
    sums.fill(0);
    for (let j = 0, at = 0; j < featureDim; j++) {
      const feature = features[i * featureDim + j] as number;
      for (let k = 0; k < classes; k++, at++) sums[k] = (sums[k] as number) + feature * (columns[at] as number);
    }
    for (let k = 0; k < classes; k++) logits[i * classes + k] = (sums[k] as number) + (bias[k] as number);
  }
  return logits;
}

/** Gradient by the features, [n][featureDim], of a loss whose gradient by the logits is `dLogits`. */
export function linearFeatureGradient(
  { classes, featureDim, weight }: Linear,
  dLogits: Float32Array,
  n: number,
): Float32Array {
  const gradient = new Float32Array(n * featureDim);
  const sums = new Float64Array(featureDim);
  for (let i = 0; i < n; i++) {
    sums.fill(0);
    for (let k = 0, at = 0; k < classes; k++) {
      const d = dLogits[i * classes + k] as number;
      for (let j = 0; j < featureDim; j++, at++) sums[j] = (sums[j] as number) + d * (weight[at] as number);
    }
    gradient.set(sums, i * featureDim);
  }
  return gradient;
}

/** Gradients by weight and bias, laid out as they are. */
export function linearParameterGradients(
  { classes, featureDim }: Linear,
  features: Float32Array,
  dLogits: Float32Array,
  n: number,
): { dWeight: Float32Array; dBias: Float32Array } {
  const weightSums = new Float64Array(classes * featureDim);
  const biasSums = new Float64Array(classes);
  for (let i = 0; i < n; i++) {
    for (let k = 0, at = 0; k < classes; k++) {
      const d = dLogits[i * classes + k] as number;
      biasSums[k] = (biasSums[k] as number) + d;
      for (let j = i * featureDim; j < (i + 1) * featureDim; j++, at++) {
        weightSums[at] = (weightSums[at] as number) + d * (features[j] as number);
      }
    }
  }
  return { dWeight: Float32Array.from(weightSums), dBias: Float32Array.from(biasSums) };
}
