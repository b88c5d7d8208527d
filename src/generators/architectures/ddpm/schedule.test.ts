import { describe, expect, it } from "vitest";
import { excess } from "../testing/goldenCase.ts";
import { goldensThere, goldenTensors } from "../testing/node/goldenFiles.ts";
import { at, betas, diffusionSchedule, evenly, stepCoefficients, timesteps } from "./schedule.ts";

const linear = diffusionSchedule(betas("linear", 1e-4, 0.02, 1000));

describe.skipIf(!goldensThere)("Ho et al.'s schedule against pesser's tables", () => {
  const io = goldensThere ? goldenTensors("ddpm/schedule/io.safetensors") : null;
  const table = (name: string): Float64Array => io?.raw(name) as Float64Array;
  const coefficients = linear.betas.map.bind(linear.betas);

  it("has their β, ᾱ and coefficients to 1e-13", () => {
    const of = (key: "fromX" | "fromNoise" | "toImage" | "toNoisy"): Float64Array =>
      coefficients((_, t) => stepCoefficients(linear, t, t - 1)[key]);
    expect(excess(linear.betas, table("betas"), 0, 1e-13)).toBeLessThanOrEqual(0);
    expect(excess(linear.alphasCumprod, table("alphas_cumprod"), 0, 1e-13)).toBeLessThanOrEqual(0);
    expect(excess(of("fromX"), table("sqrt_recip_alphas_cumprod"), 0, 1e-13)).toBeLessThanOrEqual(0);
    expect(excess(of("fromNoise"), table("sqrt_recipm1_alphas_cumprod"), 0, 1e-13)).toBeLessThanOrEqual(0);
    expect(excess(of("toImage"), table("posterior_mean_coef1"), 0, 1e-13)).toBeLessThanOrEqual(0);
    expect(excess(of("toNoisy"), table("posterior_mean_coef2"), 0, 1e-13)).toBeLessThanOrEqual(0);
  });

  it("has their variances wherever noise is added", () => {
    const from1 = (values: Float64Array): Float64Array => values.slice(1);
    const large = coefficients((_, t) => Math.log(stepCoefficients(linear, t, t - 1).large));
    const small = coefficients((_, t) => Math.log(stepCoefficients(linear, t, t - 1).small));
    expect(excess(from1(large), from1(table("logvar_fixedlarge")), 0, 1e-13)).toBeLessThanOrEqual(0);
    expect(excess(from1(small), from1(table("logvar_fixedsmall")), 0, 1e-13)).toBeLessThanOrEqual(0);
  });
});

describe("schedules", () => {
  it("starts and ends where it is told to", () => {
    expect(linear.betas[0]).toBe(1e-4);
    expect(linear.betas[999]).toBe(0.02);
    expect(linear.alphasCumprod[999]).toBeCloseTo(4.035829765375676e-5, 18);
    expect(Array.from(evenly(0, 1, 5))).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(Array.from(evenly(3, 9, 1))).toEqual([3]);
  });

  it("spaces the square roots of β, or follows a squared cosine", () => {
    const scaled = betas("scaled_linear", 0.04, 0.16, 3);
    expect(scaled[1]).toBeCloseTo(0.09, 15);
    const cosine = diffusionSchedule(betas("squaredcos_cap_v2", 0, 0, 1000));
    expect(cosine.alphasCumprod[499]).toBeCloseTo(
      (Math.cos(((0.5 + 0.008) / 1.008) * (Math.PI / 2)) / Math.cos((0.008 / 1.008) * (Math.PI / 2))) ** 2,
      12,
    );
    expect(Math.max(...cosine.betas)).toBe(0.999);
  });

  it("ends at ᾱ = 1, or at the first ᾱ", () => {
    expect(at(linear, -1)).toBe(1);
    expect(at(diffusionSchedule(linear.betas, false), -1)).toBe(0.9999);
    expect(() => at(linear, 1000)).toThrow(/1000/);
  });
});

describe("the timesteps that are taken", () => {
  it("are those of diffusers and of DDIM's paper", () => {
    expect(timesteps(1000, 5, "uniform")).toEqual([800, 600, 400, 200, 0]);
    expect(timesteps(1000, 5, "uniform", 1)).toEqual([801, 601, 401, 201, 1]);
    expect(timesteps(1000, 5, "trailing")).toEqual([999, 799, 599, 399, 199]);
    expect(timesteps(1000, 5, "quad")).toEqual([800, 450, 200, 50, 0]);
    expect(timesteps(1000, 1000, "uniform")).toEqual(Array.from({ length: 1000 }, (_, i) => 999 - i));
    expect(timesteps(1000, 3, "trailing")).toEqual([999, 666, 332]);
  });

  it("refuses more steps than there are, by both numbers", () => {
    expect(() => timesteps(1000, 1001, "quad")).toThrow(/1 to 1000 of them, not 1001/);
    expect(() => timesteps(1000, 0, "uniform")).toThrow(RangeError);
    expect(() => timesteps(1000, 2.5, "uniform")).toThrow(RangeError);
  });
});
