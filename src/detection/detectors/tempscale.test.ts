import { describe, expect, test } from "vitest";
import { plainKernels } from "../../engine/dense/plain.ts";
import { exactExp } from "../../random/exactMath.ts";
import { convergedTemperature, likelihoodByTemperature, literalTemperature } from "../fitting/tempscaleFit.ts";
import { fitInputOf, made } from "../testing/activations.ts";
import { tempscale } from "./tempscale.ts";

/** Two classes, every image with margin 2 for class 0; three of four have that label. */
const graded = made(
  [[0], [0], [0], [0]],
  [
    [2, 0],
    [2, 0],
    [2, 0],
    [2, 0],
  ],
  [0, 0, 0, 1],
);
const likelihood = likelihoodByTemperature(graded.logits, graded.labels, 2);

describe("likelihood of the labels at T", () => {
  test("by hand: mean of log(1 + e^(∓2/T))", () => {
    const q = 1 / (1 + exactExp(-2 / 1.5));
    expect(likelihood(1.5).loss).toBeCloseTo(-(3 * Math.log(q) + Math.log(1 - q)) / 4, 14);
  });
  test("slope by differences", () => {
    for (const T of [0.3, 1, 4]) {
      const step = 1e-5;
      const slope = (likelihood(T + step).loss - likelihood(T - step).loss) / (2 * step);
      expect(likelihood(T).slope).toBeCloseTo(slope, 7);
    }
  });
});

describe("fits", () => {
  test("converged: three of four right is a margin of ln 3, so T = 2/ln 3", () =>
    expect(convergedTemperature(likelihood).temperature).toBeCloseTo(2 / Math.log(3), 9));

  test("literal: 50 evaluations from 1.5 that stop short of it", () => {
    const { temperature, trace } = literalTemperature(likelihood);
    expect(trace).toHaveLength(50);
    expect(trace[0]).toBe(1.5);
    expect(temperature).toBeGreaterThan(1.5);
    expect(temperature).toBeLessThan(2 / Math.log(3) - 0.05);
  });

  test("converged is undefined where every image is right, or the logits say nothing", () => {
    const converged = (labels: number[]) => () =>
      tempscale.fit(
        fitInputOf({ ...graded, labels: Int32Array.from(labels) }, 1, 2),
        { fit: "converged" },
        plainKernels,
      );
    expect(converged([0, 0, 0, 0])).toThrow("every image is classified correctly");
    expect(converged([1, 1, 1, 0])).toThrow("the logits say nothing about the labels");
  });

  test("a label outside the classes is undefined, naming the image", () =>
    expect(() =>
      tempscale.fit(
        fitInputOf({ ...graded, labels: Int32Array.of(0, 0, 2, 0) }, 1, 2),
        { fit: "literal" },
        plainKernels,
      ),
    ).toThrow("ID-val image 2 of 4 has the label 2, not a class from 0 to 1"));
});
