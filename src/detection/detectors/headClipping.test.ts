import { describe, expect, test } from "vitest";
import { plainKernels } from "../../engine/dense/plain.ts";
import { UndefinedScore } from "../detector.ts";
import { fitInputOf, made, noImages } from "../testing/activations.ts";
import { dice } from "./dice.ts";
import { react } from "./react.ts";

/** ReAct and DICE by hand: two classes, two features. */
const head = { weight: Float32Array.of(1, 2, -3, 4), bias: Float32Array.of(0.5, -0.5) };
const bank = made(
  [
    [0, 1],
    [2, 3],
  ],
  [
    [0, 0],
    [0, 0],
  ],
);
const query = made([[5, 1]], [[0, 0]]);
const energy = (a: number, b: number) => Math.log(Math.exp(a) + Math.exp(b));

describe("ReAct", () => {
  test("cuts activations at the percentile of the ID-val activations", async () => {
    // Of 0, 1, 2, 3 the 50th percentile is 1.5: f = (1.5, 1).
    const { state, score } = await react.fit(fitInputOf(bank, 2, 2, head), { percentile: 50 }, plainKernels);
    expect(state).toEqual({ threshold: 1.5 });
    expect((await score(query))[0]).toBeCloseTo(energy(1.5 + 2 + 0.5, -4.5 + 4 - 0.5), 6);
  });

  test("constant features give a constant score, not NaN", async () => {
    const constant = made(
      [
        [2, 2],
        [2, 2],
      ],
      [[0], [0]],
    );
    const { score } = await react.fit(fitInputOf(constant, 2, 2, head), { percentile: 90 }, plainKernels);
    expect([...(await score(constant))]).toEqual(Array(2).fill(Math.fround(energy(2 + 4 + 0.5, -6 + 8 - 0.5))));
  });

  test("no ID-val images and a NaN among the activations are undefined, and say so", () => {
    const fitted = (val: typeof bank) =>
      react.fit({ ...fitInputOf(bank, 2, 2, head), val }, { percentile: 90 }, plainKernels);
    expect(() => fitted(noImages)).toThrow("undefined, because there are no ID-val images");
    expect(() => fitted(made([[Number.NaN, 1]], [[0, 0]]))).toThrow(UndefinedScore);
    expect(() => fitted(made([[Number.NaN, 1]], [[0, 0]]))).toThrow("a feature of ID-val image 0 of 1 is NaN");
  });
});

describe("DICE", () => {
  test("keeps the weights whose mean contribution lies strictly above the percentile", async () => {
    // m = (1, 2), contributions 1, 4, −3, 8; the percentile of place 2 is 4 itself, which does not stay.
    const input = fitInputOf(bank, 2, 2, head);
    const { state, score } = await dice.fit(input, { p: (100 * 2) / 3 }, plainKernels);
    expect(state?.threshold).toBeCloseTo(4, 12);
    expect(state?.meanFeature).toEqual(Float64Array.of(1, 2));
    expect(state?.mask).toEqual(Float32Array.of(0, 0, 0, 1));
    expect((await score(query))[0]).toBeCloseTo(energy(0.5, 4 - 0.5), 6);
  });

  test("p = 0 drops only the least weight, p = 100 all: what is left is the bias", async () => {
    const input = fitInputOf(bank, 2, 2, head);
    expect((await dice.fit(input, { p: 0 }, plainKernels)).state?.mask).toEqual(Float32Array.of(1, 1, 0, 1));
    const none = await dice.fit(input, { p: 100 }, plainKernels);
    expect((await none.score(query))[0]).toBeCloseTo(energy(0.5, -0.5), 6);
  });

  test("no train images and NaN features are undefined, and say so", async () => {
    const fitted = async (train: typeof bank) =>
      dice.fit({ ...fitInputOf(bank, 2, 2, head), train }, { p: 90 }, plainKernels);
    await expect(fitted(noImages)).rejects.toThrow("undefined, because there are no train images");
    await expect(fitted(made([[Number.NaN, 1]], [[0, 0]]))).rejects.toThrow(UndefinedScore);
  });
});
