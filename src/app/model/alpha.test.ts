import { describe, expect, it } from "vitest";
import { presets } from "../../study/recipe.ts";
import { planStudy } from "../../study/study.ts";
import { ALPHA_STEP, alphaTicks, alphaValueText, batchText, realImagesOf, tidyAlpha } from "./alpha.ts";

describe("batchText", () => {
  it.each([
    [128, 0.8, "102 real + 26 synthetic per batch, effective 0.797"],
    [64, 0.8, "51 real + 13 synthetic per batch, effective 0.797"],
    [128, 0.1, "12 real + 116 synthetic per batch, effective 0.094"],
    [128, 0.3, "38 real + 90 synthetic per batch, effective 0.297"],
    [128, 0.7, "89 real + 39 synthetic per batch, effective 0.695"],
    [128, 1, "128 real + 0 synthetic per batch, effective 1.000"],
    [128, 0, "0 real + 128 synthetic per batch, effective 0.000"],
  ])("of a batch of %i at α = %f", (batch, alpha, text) => {
    expect(batchText(batch, alpha)).toBe(text);
  });

  it("is what a screen reader hears, after α itself", () => {
    expect(alphaValueText(128, 0.8)).toBe("α 0.80: 102 real + 26 synthetic per batch, effective 0.797");
  });
});

describe("tidyAlpha", () => {
  it("gives every step of the slider the α that a study file would hold", () => {
    for (let step = 0; step <= 20; step++) expect(tidyAlpha(step * ALPHA_STEP)).toBe(Number((step / 20).toFixed(2)));
    expect(tidyAlpha(0.15000000000000002)).toBe(0.15);
  });

  it("stays inside [0, 1], and takes what is not a number as real only", () => {
    expect([tidyAlpha(-1), tidyAlpha(7), tidyAlpha(Number.NaN)]).toEqual([0, 1, 1]);
  });
});

describe("alphaTicks", () => {
  it("stands at the natural mix of this study, the paper's 0.8 and 1, left to right", () => {
    const ticks = alphaTicks(1000, [20_000]);
    expect(ticks.map((tick) => tick.label)).toEqual(["natural mix", "paper", "real only"]);
    expect(ticks[0]?.alpha).toBeCloseTo(1000 / 21_000, 12);
    expect(ticks[0]?.detail).toBe("1,000 real / (1,000 real + 20,000 pool) = 0.048");
  });

  it("has one natural mix per pool size, also right of 0.8", () => {
    expect(alphaTicks(1000, [100, 1000]).map((tick) => tick.alpha)).toEqual([0.5, 0.8, 1000 / 1100, 1]);
  });

  it("claims no natural mix while the number of real images is unknown", () => {
    expect(alphaTicks(null, [20_000]).map((tick) => tick.label)).toEqual(["paper", "real only"]);
  });
});

describe("realImagesOf", () => {
  const study = (realCount: number | null) =>
    planStudy({
      benchmark: "shapes",
      preset: "quick",
      generators: [],
      alphas: [1],
      pools: [100],
      seeds: [0],
      detectors: ["msp"],
      overrides: { ...presets.quick.recipe, realCount },
    });

  it("is the train set, or as much of it as the recipe takes", () => {
    expect(realImagesOf(study(null), 1000)).toBe(1000);
    expect(realImagesOf(study(200), 1000)).toBe(200);
    expect(realImagesOf(study(5000), 1000)).toBe(1000);
  });

  it("is what the recipe says, or unknown, while the benchmark is", () => {
    expect(realImagesOf(study(200), null)).toBe(200);
    expect(realImagesOf(study(null), null)).toBeNull();
  });
});
