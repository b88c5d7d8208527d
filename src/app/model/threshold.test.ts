import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oodMetrics } from "../../metrics/oodMetrics.ts";
import type { SetResult } from "../../study/result.ts";
import {
  countAtLeast,
  histogramScores,
  nearestTo,
  readAt,
  stepOf,
  THRESHOLD_STEPS,
  thresholdAt,
  thresholdScores,
} from "./threshold.ts";

const score = fc.integer({ min: -20, max: 20 }).map((value) => value / 4);
const group = fc.array(score, { minLength: 1, maxLength: 60 }).map((values) => Float32Array.from(values));

function exact(id: Float32Array, ood: Float32Array) {
  const scores = thresholdScores(id, [{ name: "o", group: "near", scores: ood }]);
  if (scores === null) throw new Error("both groups have scores");
  return scores;
}

describe("a threshold", () => {
  it("accepts what scores at least as much", () => {
    const scores = exact(Float32Array.of(3, 1, 2, 2), Float32Array.of(0, 2));
    expect(readAt(scores, 2)).toEqual({
      nId: 4,
      idAccepted: 3,
      tpr: 0.75,
      sets: [{ name: "o", group: "near", n: 2, accepted: 1, fpr: 0.5, precision: 0.75 }],
    });
    expect(readAt(scores, Number.POSITIVE_INFINITY).sets[0]?.precision).toBeNull();
    expect([...scores.candidates]).toEqual([0, 1, 2, 3, Number.POSITIVE_INFINITY]);
  });

  it("counts as a scan does", () => {
    fc.assert(
      fc.property(group, score, (values, at) => {
        const sorted = Float64Array.from(values).sort();
        expect(countAtLeast(sorted, at)).toBe(values.filter((value) => value >= at).length);
      }),
    );
  });

  it("at 95 % of ID or of OOD gives the FPR@95 of the tables", () => {
    fc.assert(
      fc.property(group, group, (id, ood) => {
        const scores = exact(id, ood);
        const metrics = oodMetrics(id, ood);
        expect(readAt(scores, scores.id95).sets[0]?.fpr).toBeCloseTo(metrics.fpr95Id, 12);
        expect(1 - readAt(scores, scores.ood95).tpr).toBeCloseTo(metrics.fpr95Ood, 12);
      }),
    );
  });

  it("comes back from its step, and both ends are reached", () => {
    const scores = exact(Float32Array.of(1, 2, 3), Float32Array.of(0, 5));
    for (const value of scores.candidates) expect(thresholdAt(scores, stepOf(scores, value))).toBe(value);
    expect(thresholdAt(scores, 0)).toBe(0);
    expect(thresholdAt(scores, THRESHOLD_STEPS)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is not read where a group is empty", () => {
    expect(thresholdScores(new Float32Array(), [])).toBeNull();
    expect(histogramScores([])).toBeNull();
  });
});

describe("histograms in place of scores", () => {
  const set = (name: string, histogram: SetResult["histogram"]): SetResult => ({
    set: name,
    group: "far",
    test: true,
    nId: 4,
    nOod: 2,
    metrics: { auroc: 1, fpr95Id: 0, fpr95Ood: 0, auprIn: 1, auprOut: 1 },
    histogram,
    roc: null,
    worst: [],
  });

  it("are right at the edges of their bins and say that they are coarse", () => {
    const scores = histogramScores([
      set("wide", { lo: 0, hi: 100, id: [0, 4], ood: [1, 1] }),
      set("fine", { lo: 0, hi: 4, id: [1, 0, 1, 2], ood: [2, 0, 0, 0] }),
    ]);
    expect(scores?.exact).toBe(false);
    const reading = scores && readAt(scores, 2);
    expect(reading?.tpr).toBe(0.75);
    expect(reading?.sets.map((item) => item.accepted)).toEqual([1, 0]);
  });
});

describe("the images nearest to a threshold", () => {
  it("come nearest first, ties in the order of the images", () => {
    expect(nearestTo([5, 1, 2, 3, 2], 2, 3)).toEqual([2, 4, 1]);
    expect(nearestTo([5], 2, 3)).toEqual([0]);
  });

  it("are those of a full sort", () => {
    fc.assert(
      fc.property(group, score, fc.integer({ min: 1, max: 12 }), (values, at, count) => {
        const sorted = Array.from(values.keys()).sort(
          (a, b) => Math.abs((values[a] ?? 0) - at) - Math.abs((values[b] ?? 0) - at) || a - b,
        );
        expect(nearestTo(values, at, count)).toEqual(sorted.slice(0, count));
      }),
    );
  });
});
