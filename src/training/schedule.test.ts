import { describe, expect, it } from "vitest";
import { presets } from "../study/recipe.ts";
import { learningRate } from "./schedule.ts";

describe("learningRate", () => {
  it("is OpenOOD's cosine without warm-up: lr_t = lr·(1e-5 + (1 − 1e-5)·½(1 + cos πt/T))", () => {
    const { recipe } = presets.paper;
    const total = 200 * 391;
    for (const step of [0, 1, 391, 39_100, total - 1]) {
      const expected = 0.1 * (1e-5 + (1 - 1e-5) * 0.5 * (1 + Math.cos((Math.PI * step) / total)));
      expect(Math.abs(learningRate(recipe, step, total) / expected - 1)).toBeLessThan(1e-9);
    }
  });

  it("rises linearly in the warm-up and meets the peak", () => {
    const { recipe } = presets.quick;
    expect(learningRate(recipe, 0, 1200)).toBeCloseTo(0.05 / 120, 12);
    expect(learningRate(recipe, 119, 1200)).toBeCloseTo(0.05, 12);
    expect(learningRate(recipe, 120, 1200)).toBeCloseTo(0.05, 12);
    expect(learningRate(recipe, 1199, 1200)).toBeLessThan(1e-5);
  });
});
