import { describe, expect, test } from "vitest";
import { accuracy, predictions } from "./accuracy.ts";
import { groupMean, meanAndSigma } from "./spread.ts";
import { UndefinedMetric } from "./thresholds.ts";

describe("mean and σ", () => {
  test("2 4 4 4 5 5 7 9: mean 5, population σ 2, sample σ √(32/7)", () => {
    expect(meanAndSigma([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
      n: 8,
      mean: 5,
      populationSigma: 2,
      sampleSigma: Math.sqrt(32 / 7),
    });
  });
  test("one value has no sample σ", () =>
    expect(meanAndSigma([3])).toEqual({ n: 1, mean: 3, populationSigma: 0, sampleSigma: null }));
  test("no value has no mean", () => expect(meanAndSigma([])).toBeNull());
  test("NaN is refused by its place", () => expect(() => meanAndSigma([1, Number.NaN])).toThrow("Value 1 of 2"));
});

describe("group mean", () => {
  test("unweighted", () => expect(groupMean([0.5, 0.75, 1])).toBe(0.75));
  test("a missing value leaves the mean undefined", () => expect(groupMean([0.5, null])).toBeNull());
  test("no set", () => expect(groupMean([])).toBeNull());
});

describe("accuracy", () => {
  test("the first of equal logits is predicted", () =>
    expect([...predictions(Float32Array.of(1, 2, 2, 3, 0, 3), 3)]).toEqual([1, 0]));
  test("share of right predictions", () =>
    expect(accuracy(Int32Array.of(1, 0, 2, 2), Int32Array.of(1, 1, 2, 2))).toBe(0.75));
  test("undefined without images or labels", () => {
    expect(() => accuracy(Int32Array.of(), Int32Array.of())).toThrow(UndefinedMetric);
    expect(() => accuracy(Int32Array.of(0), Int32Array.of(-1))).toThrow("image 0 of 1 has no label");
  });
  test("lengths that differ are refused", () => {
    expect(() => accuracy(Int32Array.of(0), Int32Array.of(0, 1))).toThrow("1 predictions for 2 labels");
    expect(() => predictions(new Float32Array(7), 3)).toThrow("7 logits");
  });
});
