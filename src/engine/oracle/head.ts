import { type State, tensorOf } from "./state.ts";

/** logits = features · weightᵀ + bias, [n][classes]. */
export function linear(state: State, features: Float64Array): Float64Array {
  const weight = tensorOf(state, "fc.weight");
  const bias = tensorOf(state, "fc.bias");
  const classes = bias.length;
  const d = weight.length / classes;
  const logits = new Float64Array((features.length / d) * classes);
  for (let i = 0; i < logits.length; i++) {
    const k = i % classes;
    const n = Math.floor(i / classes);
    let sum = bias[k] as number;
    for (let j = 0; j < d; j++) sum += (features[n * d + j] as number) * (weight[k * d + j] as number);
    logits[i] = sum;
  }
  return logits;
}

/** Gradients by the features [n][d], the weight [classes][d] and the bias, from the one by the logits [n][classes]. */
export function linearGradient(
  state: State,
  features: Float64Array,
  dLogits: Float64Array,
): { dFeatures: Float64Array; dWeight: Float64Array; dBias: Float64Array } {
  const weight = tensorOf(state, "fc.weight");
  const classes = tensorOf(state, "fc.bias").length;
  const d = weight.length / classes;
  const dWeight = new Float64Array(weight.length);
  const dBias = new Float64Array(classes);
  const dFeatures = new Float64Array(features.length);
  dLogits.forEach((g, i) => {
    const k = i % classes;
    const n = Math.floor(i / classes);
    dBias[k] = (dBias[k] as number) + g;
    for (let j = 0; j < d; j++) {
      dWeight[k * d + j] = (dWeight[k * d + j] as number) + g * (features[n * d + j] as number);
      dFeatures[n * d + j] = (dFeatures[n * d + j] as number) + g * (weight[k * d + j] as number);
    }
  });
  return { dFeatures, dWeight, dBias };
}

/** Mean over the batch of −log softmax(logits / temperature) at the label, and its gradient by the logits. */
export function crossEntropy(
  logits: Float64Array,
  labels: ArrayLike<number>,
  temperature = 1,
): { loss: number; dLogits: Float64Array } {
  const n = labels.length;
  const classes = logits.length / n;
  const dLogits = new Float64Array(logits.length);
  let loss = 0;
  for (let i = 0; i < n; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes).map((z) => z / temperature);
    const label = labels[i] as number;
    const most = Math.max(...row);
    const exps = row.map((z) => Math.exp(z - most));
    const total = exps.reduce((sum, e) => sum + e, 0);
    loss += (Math.log(total) + most - (row[label] as number)) / n;
    exps.forEach((e, k) => {
      dLogits[i * classes + k] = (e / total - (k === label ? 1 : 0)) / (n * temperature);
    });
  }
  return { loss, dLogits };
}
