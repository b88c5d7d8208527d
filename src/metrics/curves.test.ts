import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { histogram, rocCurve } from "./curves.ts";
import { auroc } from "./oodMetrics.ts";

const scores = fc
  .array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 300 })
  .map((v) => Float64Array.from(v));

describe("ROC curve", () => {
  test("undecimated, its trapezoid area is the AUROC", () => {
    fc.assert(
      fc.property(scores, scores, (id, ood) => {
        const { fpr, tpr } = rocCurve(id, ood, 10_000);
        let area = 0;
        for (let k = 1; k < fpr.length; k++) {
          const width = (fpr[k] as number) - (fpr[k - 1] as number);
          area += (width * ((tpr[k] as number) + (tpr[k - 1] as number))) / 2;
        }
        expect(area).toBeCloseTo(auroc(id, ood), 10);
      }),
    );
  });

  test("decimated: both ends, never falling, within the budget, true vertices only", () => {
    fc.assert(
      fc.property(scores, scores, fc.integer({ min: 2, max: 30 }), (id, ood, most) => {
        const full = rocCurve(id, ood, 10_000);
        const { fpr, tpr } = rocCurve(id, ood, most);
        const vertices = new Set(full.fpr.map((x, k) => `${x},${full.tpr[k]}`));
        expect(fpr.length).toBeLessThanOrEqual(most);
        expect([fpr[0], tpr[0], fpr.at(-1), tpr.at(-1)]).toEqual([0, 0, 1, 1]);
        for (let k = 0; k < fpr.length; k++) {
          expect(vertices.has(`${fpr[k]},${tpr[k]}`)).toBe(true);
          if (k > 0) expect((fpr[k] as number) >= (fpr[k - 1] as number)).toBe(true);
          if (k > 0) expect((tpr[k] as number) >= (tpr[k - 1] as number)).toBe(true);
        }
      }),
    );
  });

  test("decimation keeps the drawn curve close: area within .01 at 101 points", () => {
    const id = Float64Array.from({ length: 2000 }, (_, i) => Math.sin(i * 12.9898) + 0.7);
    const ood = Float64Array.from({ length: 2000 }, (_, i) => Math.sin(i * 78.233));
    const { fpr, tpr } = rocCurve(id, ood, 101);
    let area = 0;
    for (let k = 1; k < fpr.length; k++) {
      area += (((fpr[k] as number) - (fpr[k - 1] as number)) * ((tpr[k] as number) + (tpr[k - 1] as number))) / 2;
    }
    expect(fpr.length).toBeGreaterThan(80);
    expect(Math.abs(area - auroc(id, ood))).toBeLessThan(0.01);
  });

  test("one point is refused", () =>
    expect(() => rocCurve(Float32Array.of(1), Float32Array.of(0), 1)).toThrow("2 points"));
});

describe("histogram", () => {
  test("by hand: four bins over 0 … 4, the largest score in the last bin", () => {
    const { lo, hi, id, ood } = histogram(Float32Array.of(0, 1, 3.9, 4), Float32Array.of(0.5, 1.5, 1.7), 4);
    expect([lo, hi]).toEqual([0, 4]);
    expect(id).toEqual([1, 1, 0, 2]);
    expect(ood).toEqual([1, 2, 0, 0]);
  });

  test("every score is counted once", () => {
    fc.assert(
      fc.property(scores, scores, fc.integer({ min: 1, max: 60 }), (a, b, bins) => {
        const { id, ood } = histogram(a, b, bins);
        expect(id.reduce((x, y) => x + y, 0)).toBe(a.length);
        expect(ood.reduce((x, y) => x + y, 0)).toBe(b.length);
      }),
    );
  });

  test("equal scores fall in the middle of a widened range", () => {
    const { lo, hi, id } = histogram(Float32Array.of(2, 2), Float32Array.of(2), 3);
    expect([lo, hi]).toEqual([1.5, 2.5]);
    expect(id).toEqual([0, 2, 0]);
  });
});
