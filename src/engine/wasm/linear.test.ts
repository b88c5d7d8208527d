import { expect, test } from "vitest";
import { Stream } from "../../random/stream.ts";
import { type Linear, linear, linearFeatureGradient, linearParameterGradients } from "./linear.ts";

const stream = new Stream(3, "linear test");
const uniform = (length: number) => Float32Array.from({ length }, () => stream.uniform() - 0.5);

const N = 3;
const layer: Linear = { classes: 5, featureDim: 7, weight: uniform(35), bias: uniform(5) };
const features = uniform(N * 7);
const dLogits = uniform(N * 5);

test("logits are features · weightᵀ + bias, summed in float64 and rounded once", () => {
  const logits = linear(layer, features, N);
  for (let i = 0; i < N; i++) {
    for (let k = 0; k < 5; k++) {
      let sum = 0;
      for (let j = 0; j < 7; j++) sum += (features[i * 7 + j] as number) * (layer.weight[k * 7 + j] as number);
      expect(logits[i * 5 + k]).toBe(Math.fround(sum + (layer.bias[k] as number)));
    }
  }
});

/** Σ dLogits · logits, whose derivatives the gradients are; linear in each argument, so a difference is exact. */
function objective(by: Linear, of: Float32Array): number {
  return linear(by, of, N).reduce((sum, logit, at) => sum + logit * (dLogits[at] as number), 0);
}

function raised(values: Float32Array, at: number): Float32Array {
  return values.map((value, i) => (i === at ? value + 1 : value));
}

test("the gradient by the features is what a difference says", () => {
  const gradient = linearFeatureGradient(layer, dLogits, N);
  gradient.forEach((slope, at) => {
    expect(slope).toBeCloseTo(objective(layer, raised(features, at)) - objective(layer, features), 5);
  });
});

test("the gradients by weight and bias are what a difference says", () => {
  const { dWeight, dBias } = linearParameterGradients(layer, features, dLogits, N);
  dWeight.forEach((slope, at) => {
    const difference = objective({ ...layer, weight: raised(layer.weight, at) }, features) - objective(layer, features);
    expect(slope).toBeCloseTo(difference, 5);
  });
  dBias.forEach((slope, at) => {
    const difference = objective({ ...layer, bias: raised(layer.bias, at) }, features) - objective(layer, features);
    expect(slope).toBeCloseTo(difference, 5);
  });
});
