import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auprIn, auprOut, auroc, fpr95IdPositive, fpr95OodPositive, oodMetrics } from "./oodMetrics.ts";
import { UndefinedMetric } from "./thresholds.ts";

/** Few distinct values, so that ties are the rule. */
const tied = fc
  .array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 40 })
  .map((v) => Float64Array.from(v));
const free = fc
  .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 })
  .map((v) => Float64Array.from(v));
const scores = fc.oneof(tied, free);

function pairwise(id: Float64Array, ood: Float64Array): number {
  let wins = 0;
  for (const a of id) for (const b of ood) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (id.length * ood.length);
}

describe("by hand: ID .9 .8 .8 .7 .6, OOD .8 .5 .4 .4 .3", () => {
  const id = Float32Array.of(0.9, 0.8, 0.8, 0.7, 0.6);
  const ood = Float32Array.of(0.8, 0.5, 0.4, 0.4, 0.3);

  test("AUROC: of 25 pairs 21 are right and 2 are tied", () => expect(auroc(id, ood)).toBe(0.88));
  test("FPR@95, ID positive: all ID are ≥ .6, so is 1 OOD of 5", () => expect(fpr95IdPositive(id, ood)).toBe(0.2));
  test("FPR@95, OOD positive: all OOD are ≤ .8, so are 4 ID of 5", () => expect(fpr95OodPositive(id, ood)).toBe(0.8));
  test("AUPR-in: trapezoids (.2·1 + .4·(1+¾)/2 + .2·(¾+⅘)/2 + .2·(⅘+⅚)/2)", () =>
    expect(auprIn(id, ood)).toBeCloseTo(0.8683333333333334, 12));
  test("AUPR-out: four OOD come first, the fifth is tied with two ID and follows two others", () =>
    expect(auprOut(id, ood)).toBeCloseTo(0.9222222222222223, 12));
});

describe("properties", () => {
  test("AUROC = P(id > ood) + ½ P(=)", () => {
    fc.assert(
      fc.property(scores, scores, (id, ood) => {
        expect(auroc(id, ood)).toBeCloseTo(pairwise(id, ood), 12);
      }),
    );
  });

  test("an increasing map of the scores changes nothing", () => {
    fc.assert(
      fc.property(tied, tied, (id, ood) => {
        const mapped = (v: Float64Array) => v.map((x) => x ** 3 + 2 * x + 5);
        expect(oodMetrics(mapped(id), mapped(ood))).toEqual(oodMetrics(id, ood));
      }),
    );
  });

  test("a sign flip turns AUROC into 1 − AUROC", () => {
    fc.assert(
      fc.property(scores, scores, (id, ood) => {
        const flip = (v: Float64Array) => v.map((x) => -x);
        expect(auroc(flip(id), flip(ood))).toBeCloseTo(1 - auroc(id, ood), 12);
      }),
    );
  });

  test("swapping the groups and the sign swaps the conventions", () => {
    fc.assert(
      fc.property(scores, scores, (id, ood) => {
        const flip = (v: Float64Array) => v.map((x) => -x);
        const ours = oodMetrics(id, ood);
        const swapped = oodMetrics(flip(ood), flip(id));
        expect(swapped.auroc).toBe(ours.auroc);
        expect(swapped.fpr95Id).toBe(ours.fpr95Ood);
        expect(swapped.fpr95Ood).toBe(ours.fpr95Id);
        expect(swapped.auprIn).toBe(ours.auprOut);
        expect(swapped.auprOut).toBe(ours.auprIn);
      }),
    );
  });

  test("FPR@95 by counting at every threshold", () => {
    fc.assert(
      fc.property(scores, scores, (id, ood) => {
        const accepted = (v: Float64Array, t: number) => v.filter((x) => x >= t).length / v.length;
        const good = [...id, ...ood].filter((t) => accepted(id, t) >= 0.95);
        expect(fpr95IdPositive(id, ood)).toBe(accepted(ood, Math.max(...good)));
      }),
    );
  });
});

describe("undefined inputs", () => {
  const one = Float32Array.of(1);
  test.each([
    ["no ID", Float32Array.of(), one, "there is no ID score"],
    ["no OOD", one, Float32Array.of(), "there is no OOD score"],
    ["NaN", Float32Array.of(1, Number.NaN), one, "ID score 1 of 2 is NaN"],
    ["infinity", one, Float32Array.of(Number.NEGATIVE_INFINITY), "OOD score 0 of 1 is -Infinity"],
  ])("%s", (_, id, ood, because) => {
    expect(() => oodMetrics(id, ood)).toThrow(UndefinedMetric);
    expect(() => oodMetrics(id, ood)).toThrow(because);
  });
});
