import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auroc } from "./oodMetrics.ts";
import { UndefinedMetric } from "./thresholds.ts";
import { rankScores, weightedAurocs } from "./weightedAuroc.ts";

/** Few distinct values, so that ties are the rule. */
const tied = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.nat({ max: 3 })), { minLength: 1, maxLength: 12 });
const weighted = tied.filter((images) => images.some(([, weight]) => weight > 0));
const scoresOf = (images: [number, number][]) => Float32Array.from(images, ([score]) => score);
const weightsOf = (images: [number, number][]) => Uint32Array.from(images, ([, weight]) => weight);
/** Every image as often as its weight says. */
const repeated = (images: [number, number][]) =>
  Float32Array.from(images.flatMap(([score, weight]) => Array.from({ length: weight }, () => score)));

describe("weighted AUROC", () => {
  test("is the AUROC of the images written out as often as they count, ties and several sets included", () =>
    fc.assert(
      fc.property(weighted, fc.array(weighted, { minLength: 1, maxLength: 3 }), (id, sets) => {
        const ranked = rankScores(scoresOf(id), sets.map(scoresOf));
        const ours = weightedAurocs(ranked, weightsOf(id), sets.map(weightsOf));
        expect(ours).toEqual(sets.map((ood) => auroc(repeated(id), repeated(ood))));
      }),
    ));
  test("by hand: ID 1 2 2, OOD 2 0, the first OOD image twice: (3 + 2 · 1) / 9", () => {
    const ranked = rankScores(Float32Array.of(1, 2, 2), [Float32Array.of(2, 0)]);
    expect(weightedAurocs(ranked, Uint32Array.of(1, 1, 1), [Uint32Array.of(2, 1)])).toEqual([5 / 9]);
  });
  test("undefined where a score is not finite or a set is empty", () => {
    expect(() => rankScores(Float32Array.of(1, Number.NaN), [])).toThrow("ID score 1 of 2 is NaN");
    expect(() => rankScores(Float32Array.of(1), [Float32Array.of()])).toThrow(UndefinedMetric);
  });
});
