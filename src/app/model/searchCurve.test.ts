import { describe, expect, it } from "vitest";
import { searchCurve } from "./searchCurve.ts";

describe("the search curve", () => {
  it("keeps the order of the candidates and leaves gaps where one is undefined", () => {
    const curve = searchCurve([{ auroc: 0.7 }, { auroc: null }, { auroc: 0.9 }], 300, 100);
    expect(curve?.low).toBeCloseTo(0.7, 12);
    expect(curve?.high).toBeCloseTo(0.9, 12);
    expect(curve?.points.map((point) => point?.x ?? null)).toEqual([50, null, 250]);
    expect(curve?.points[0]?.y).toBeGreaterThan(curve?.points[2]?.y ?? Number.NaN);
  });

  it("does not blow up a flat curve, and stays within 0 and 1", () => {
    const flat = searchCurve([{ auroc: 0.8 }, { auroc: 0.8001 }], 100, 100);
    expect((flat?.high ?? 0) - (flat?.low ?? 0)).toBeGreaterThanOrEqual(0.02);
    const perfect = searchCurve([{ auroc: 1 }], 100, 100);
    expect(perfect?.high).toBe(1);
    expect(perfect?.points[0]?.y).toBeCloseTo(0, 9);
  });

  it("is none where no candidate has a value", () => {
    expect(searchCurve([{ auroc: null }], 100, 100)).toBeNull();
    expect(searchCurve([], 100, 100)).toBeNull();
  });
});
