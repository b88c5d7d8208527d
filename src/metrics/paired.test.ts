import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { correlation, MOST_MORE_SEEDS, moreSeeds, type PairedDifference, pairedDifference } from "./paired.ts";
import { tHalfWidth } from "./studentT.ts";

const column = (...values: number[]) => new Map(values.map((value, seed) => [seed, value]));

function paired(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): PairedDifference {
  const difference = pairedDifference(a, b);
  if (difference === null) throw new Error("no seed is shared");
  return difference;
}

describe("paired difference by hand", () => {
  test("0.01 0.03 0.02 better: 0.02 ± 4.3027 · 0.01 / √3, which includes zero", () => {
    const { n, mean, sd, interval, verdict } = paired(column(0.81, 0.83, 0.92), column(0.8, 0.8, 0.9));
    expect(n).toBe(3);
    expect(mean).toBeCloseTo(0.02, 12);
    expect(sd).toBeCloseTo(0.01, 12);
    expect(interval?.low).toBeCloseTo(0.02 - 0.024841377, 8);
    expect(interval?.high).toBeCloseTo(0.02 + 0.024841377, 8);
    expect(verdict).toBe("unresolved");
  });
  test("one more seed would do there: t(3) · 0.01 / √4 = 0.0159 < 0.02", () => {
    expect(paired(column(0.81, 0.83, 0.92), column(0.8, 0.8, 0.9)).moreSeeds).toBe(1);
  });
  test("a setting that is behind needs as many more seeds as one that is ahead", () =>
    expect(paired(column(0.8, 0.8, 0.9), column(0.81, 0.83, 0.92)).moreSeeds).toBe(1));
  test("better and worse", () => {
    const base = column(0.5, 0.6, 0.7);
    expect(paired(column(0.6, 0.71, 0.8), base)).toMatchObject({ verdict: "better", moreSeeds: null });
    expect(paired(column(0.4, 0.49, 0.6), base)).toMatchObject({ verdict: "worse", moreSeeds: null });
  });
  test("below three seeds there is no verdict, whatever the size", () => {
    expect(paired(column(0.9, 0.9), column(0.1, 0.1))).toMatchObject({
      n: 2,
      interval: null,
      correlation: null,
      verdict: "too few seeds",
      moreSeeds: null,
    });
    expect(paired(column(1), column(0.25))).toMatchObject({ n: 1, mean: 0.75, sd: null, verdict: "too few seeds" });
  });
  test("only shared seeds count", () => {
    const difference = paired(
      new Map([
        [0, 0.9],
        [1, 0.5],
        [2, 0.7],
      ]),
      new Map([
        [1, 0.4],
        [0, 0.7],
        [9, 0],
      ]),
    );
    expect(difference.n).toBe(2);
    expect(difference.mean).toBeCloseTo(0.15, 12);
    expect(difference.sd).toBeCloseTo(Math.sqrt(0.005), 12);
    expect(pairedDifference(column(0), new Map([[1, 1]]))).toBeNull();
  });
  test("no difference at all is unresolved and stays so", () =>
    expect(paired(column(0.5, 0.6, 0.7), column(0.5, 0.6, 0.7))).toMatchObject({
      mean: 0,
      verdict: "unresolved",
      moreSeeds: Number.POSITIVE_INFINITY,
    }));
  test("NaN is refused", () => expect(() => pairedDifference(column(Number.NaN), column(1))).toThrow(RangeError));
});

const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 })), {
  minLength: 3,
  maxLength: 10,
});
const columns = values.map((pairs) => [column(...pairs.map(([a]) => a)), column(...pairs.map(([, b]) => b))] as const);

describe("paired difference, properties", () => {
  test("swapping the sides mirrors mean, interval and verdict", () =>
    fc.assert(
      fc.property(columns, ([a, b]) => {
        const there = paired(a, b);
        const back = paired(b, a);
        expect(back.mean).toBeCloseTo(-there.mean, 9);
        expect(back.interval?.low).toBeCloseTo(-(there.interval?.high ?? Number.NaN), 9);
        const mirrored = { better: "worse", worse: "better" } as const;
        expect(back.verdict).toBe(
          there.verdict === "better" || there.verdict === "worse" ? mirrored[there.verdict] : there.verdict,
        );
      }),
    ));
  test("what a seed adds to both sides cancels", () =>
    fc.assert(
      fc.property(
        columns,
        fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 10, maxLength: 10 }),
        ([a, b], by) => {
          const shifted = (values: ReadonlyMap<number, number>) =>
            new Map([...values].map(([seed, value]) => [seed, value + (by[seed] ?? 0)]));
          const { correlation: _r, ...before } = paired(a, b);
          const { correlation: _s, ...after } = paired(shifted(a), shifted(b));
          expect(after).toEqual(before);
        },
      ),
    ));
  test("the verdict is the sign of an interval that leaves zero outside", () =>
    fc.assert(
      fc.property(columns, ([a, b]) => {
        const { interval, verdict } = paired(a, b);
        if (interval === null) throw new Error("three seeds have an interval");
        expect(verdict).toBe(interval.low > 0 ? "better" : interval.high < 0 ? "worse" : "unresolved");
      }),
    ));
  test("the seeds asked for are enough, and one fewer is not", () =>
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.integer({ min: 3, max: 12 }),
        (mean, sd, n) => {
          const more = moreSeeds(mean, sd, n);
          if (more === Number.POSITIVE_INFINITY) {
            expect(tHalfWidth(sd, n + MOST_MORE_SEEDS)).toBeGreaterThanOrEqual(mean);
            return;
          }
          expect(tHalfWidth(sd, n + more)).toBeLessThan(mean);
          if (more > 1) expect(tHalfWidth(sd, n + more - 1)).toBeGreaterThanOrEqual(mean);
        },
      ),
      { numRuns: 50 },
    ));
});

describe("pairing correlation", () => {
  test("1 for a shifted column, −1 for a mirrored one, null for a constant one", () => {
    expect(correlation([1, 2, 4], [11, 12, 14])).toBeCloseTo(1, 12);
    expect(correlation([1, 2, 4], [-1, -2, -4])).toBeCloseTo(-1, 12);
    expect(correlation([0.1, 0.1, 0.1], [1, 2, 4])).toBeNull();
  });
  test("1 2 3 4 against 1 3 2 4: 0.8", () => expect(correlation([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(0.8, 12));
  test("var(a − b) = var(a) + var(b) − 2 r σ σ", () =>
    fc.assert(
      fc.property(columns, ([a, b]) => {
        const x = [...a.values()];
        const y = [...b.values()];
        const r = correlation(x, y);
        const variance = (v: number[]) => {
          const mean = v.reduce((sum, value) => sum + value, 0) / v.length;
          return v.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (v.length - 1);
        };
        const expected = variance(x) + variance(y) - 2 * (r ?? 0) * Math.sqrt(variance(x) * variance(y));
        expect((paired(a, b).sd as number) ** 2).toBeCloseTo(expected, 6);
      }),
    ));
});
