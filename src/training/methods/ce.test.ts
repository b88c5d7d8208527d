import { grad, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { cpuDevice } from "../../engine/tape/device.ts";
import { crossEntropy } from "./ce.ts";
import { trainingMethod } from "./registry.ts";

const logits = [
  [2, -1, 0.5],
  [-40, 60, 10],
  [0.1, 0.2, -3],
  [5, 5, 5],
];
const labels = Int32Array.of(0, 2, 1, 1);

/** −log softmax at the label, and softmax − one-hot, in float64. */
const byHand = logits.map((row, i) => {
  const sum = row.reduce((total, z) => total + Math.exp(z - Math.max(...row)), 0);
  const probabilities = row.map((z) => Math.exp(z - Math.max(...row)) / sum);
  const label = labels[i] as number;
  return {
    loss: Math.log(sum) + Math.max(...row) - (row[label] as number),
    gradient: probabilities.map((p, c) => (p - (c === label ? 1 : 0)) / logits.length),
  };
});

describe("cross-entropy", () => {
  beforeAll(async () => {
    await cpuDevice();
  });

  it("is the mean of −log softmax at the label, far logits included", async () => {
    const [loss] = await crossEntropy(tensor2d(logits), labels).data();
    const expected = byHand.reduce((sum, row) => sum + row.loss, 0) / logits.length;
    expect(loss).toBeCloseTo(expected, 5);
  });

  it("has the gradient (softmax − one-hot) / B", async () => {
    const gradient = await grad((z) => crossEntropy(z as Tensor2D, labels))(tensor2d(logits)).data();
    byHand
      .flatMap((row) => row.gradient)
      .forEach((expected, i) => {
        expect(gradient[i]).toBeCloseTo(expected, 6);
      });
  });
});

describe("the registry", () => {
  it("finds a method by its name", () => {
    expect(trainingMethod("ce")).toMatchObject({ name: "ce", title: "Cross-entropy", loss: crossEntropy });
  });

  it("names what it knows when it does not know a name", () => {
    expect(() => trainingMethod("logitnorm")).toThrow('There is no training method "logitnorm". Known: "ce".');
  });
});
