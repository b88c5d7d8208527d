import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { weibullCdf } from "../../engine/dense/openMax.ts";
import { fitWeibull } from "./weibull.ts";

interface LibmrFit {
  readonly name: string;
  readonly tail: readonly number[];
  readonly valid: boolean;
  readonly scale: number;
  readonly shape: number;
  readonly small_score: number;
  /** Distance and the value there of the distribution, shifted so that the smallest of the tail lies at 1. */
  readonly w: readonly (readonly [number, number])[];
}

const { libmr_fits: fits } = JSON.parse(readFileSync(new URL("../fixtures/edge.json", import.meta.url), "utf8")) as {
  libmr_fits: readonly LibmrFit[];
};

describe("fits as libMR's", () => {
  test.each(fits.filter(({ valid }) => valid))("$name", ({ tail, scale, shape, small_score, w }) => {
    const fit = fitWeibull(tail.map((distance) => distance + 1 - small_score));
    expect(fit).not.toBeNull();
    if (fit === null) return;
    expect(Math.abs(fit.scale / scale - 1)).toBeLessThan(2e-5);
    expect(Math.abs(fit.shape / shape - 1)).toBeLessThan(2e-5);
    for (const [distance, value] of w) {
      expect(Math.abs(weibullCdf(distance + 1 - small_score, fit) - value)).toBeLessThan(1e-5);
    }
  });

  test.each(fits.filter(({ valid }) => !valid))("no fit: $name", ({ tail }) => {
    expect(fitWeibull(tail.map((distance) => distance - (tail[0] as number) + 1))).toBeNull();
  });

  test("every kind of tail is among them", () => {
    expect(fits.length).toBeGreaterThanOrEqual(12);
    expect(Math.max(...fits.map(({ shape }) => shape))).toBeGreaterThan(35_000);
  });
});

test("no sample, no fit", () => expect(fitWeibull([])).toBeNull());

test("the distribution function is 0 up to 0, ½ at the median and 1 far out", () => {
  const fit = { scale: 2, shape: 3 };
  expect(weibullCdf(-1, fit)).toBe(0);
  expect(weibullCdf(0, fit)).toBe(0);
  expect(weibullCdf(2 * Math.log(2) ** (1 / 3), fit)).toBeCloseTo(0.5, 14);
  expect(weibullCdf(1e300, fit)).toBe(1);
  expect(weibullCdf(Number.POSITIVE_INFINITY, fit)).toBe(1);
  expect(weibullCdf(Number.NaN, fit)).toBeNaN();
});
