import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { excludesZero, tHalfWidth, tInterval, tQuantile } from "./studentT.ts";

/** scipy.stats.t.ppf */
const scipy: readonly [p: number, df: number, quantile: number][] = [
  [0.975, 1, 12.706204736174694],
  [0.975, 2, 4.302652729749462],
  [0.975, 9, 2.262157162798205],
];

describe("Student's t", () => {
  test.each(scipy)("p = %d with %d degrees of freedom, as scipy", (p, df, quantile) => {
    expect(Math.abs(tQuantile(p, df) / quantile - 1)).toBeLessThan(1e-9);
  });
  test("closed forms: tan for 1 degree of freedom, (2p − 1) √(2 / (1 − (2p − 1)²)) for 2", () =>
    fc.assert(
      fc.property(fc.double({ min: 0.9, max: 0.999, noNaN: true }), (p) => {
        const centred = 2 * p - 1;
        expect(tQuantile(p, 1) / Math.tan(Math.PI * (p - 0.5))).toBeCloseTo(1, 7);
        expect(tQuantile(p, 2) / (centred * Math.sqrt(2 / (1 - centred * centred)))).toBeCloseTo(1, 7);
      }),
    ));
  test("symmetric, and 0 in the middle", () => {
    expect(tQuantile(0.5, 4)).toBe(0);
    expect(tQuantile(0.025, 4)).toBeCloseTo(-tQuantile(0.975, 4), 9);
  });
  test("falls to the normal's 1.96 as n grows", () => {
    const quantiles = [1, 2, 5, 20, 100, 10_000].map((df) => tQuantile(0.975, df));
    expect([...quantiles].sort((a, b) => b - a)).toEqual(quantiles);
    expect(quantiles.at(-1)).toBeCloseTo(1.96, 2);
  });
  test("refuses what has no quantile", () => {
    expect(() => tQuantile(1, 3)).toThrow(RangeError);
    expect(() => tQuantile(0.9, 0)).toThrow("1 degree of freedom");
    expect(() => tHalfWidth(1, 1)).toThrow(RangeError);
  });
});

describe("t-interval", () => {
  test("1 2 3: 2 ± 4.3027 / √3", () => {
    const { low, high } = tInterval(2, 1, 3);
    expect(low).toBeCloseTo(2 - 4.302652729749462 / Math.sqrt(3), 8);
    expect(high).toBeCloseTo(2 + 4.302652729749462 / Math.sqrt(3), 8);
  });
  test("wider with more confidence", () => expect(tHalfWidth(1, 5, 0.99)).toBeGreaterThan(tHalfWidth(1, 5, 0.95)));
  test("touching 0 does not exclude it", () => {
    expect(excludesZero({ low: 0, high: 1 })).toBe(false);
    expect(excludesZero({ low: 0.1, high: 1 })).toBe(true);
    expect(excludesZero({ low: -1, high: -0.1 })).toBe(true);
    expect(excludesZero({ low: -1, high: 1 })).toBe(false);
  });
});
