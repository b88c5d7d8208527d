import { describe, expect, it } from "vitest";
import { rankCorrelation } from "./rankCorrelation.ts";

/** Fig. 3 of the paper: FID and AUROC of its seven generators. */
const paper = [
  [3.17, 90.22],
  [4.4, 89.29],
  [4.18, 89.84],
  [3.52, 90.24],
  [3.48, 90.94],
  [2.98, 91.49],
  [2.67, 91.73],
] as const;

describe("rank correlation", () => {
  it("is Spearman's ρ of the paper's points", () => {
    // FID ranks 3 7 6 5 4 2 1, AUROC ranks 3 1 2 4 5 6 7: Σd² = 0+36+16+1+1+16+36 = 106.
    const found = rankCorrelation(paper);
    expect(found?.rho).toBeCloseTo(1 - (6 * 106) / (7 * 48), 12);
    expect(found?.interval[0]).toBeGreaterThanOrEqual(-1);
    expect(found?.interval[0]).toBeLessThan(found?.rho ?? 0);
    expect(found?.interval[1]).toBeGreaterThan(found?.rho ?? 0);
  });

  it("does not change under monotone maps, and turns with one side", () => {
    const bent = rankCorrelation(paper.map(([x, y]) => [x ** 3, Math.exp(y - 90)] as const));
    expect(bent).toEqual(rankCorrelation(paper));
    expect(rankCorrelation(paper.map(([x, y]) => [-x, y] as const))?.rho).toBeCloseTo(-(bent?.rho ?? 0), 12);
  });

  it("is not given of five points, nor of a constant", () => {
    expect(rankCorrelation(paper.slice(0, 5))).toBeNull();
    expect(rankCorrelation(paper.map(([x]) => [x, 1] as const))).toBeNull();
  });
});
