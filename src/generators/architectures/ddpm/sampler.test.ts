import { describe, expect, it } from "vitest";
import { exactCos } from "../../../random/exactMath.ts";
import { type SamplerOptions, sampleDiffusion } from "./sampler.ts";
import { at, betas, diffusionSchedule, type Spacing, timesteps } from "./schedule.ts";

const schedule = diffusionSchedule(betas("linear", 1e-4, 0.02, 1000));
const start = Float32Array.from({ length: 24 }, (_, i) => 2 * exactCos(7 * i));
const noise = (step: number): Float32Array => start.map((_, i) => exactCos(3 * i + 11 * step));

/** The exact ε where all images are the same one: x = √ᾱ · image + √(1 − ᾱ) · ε. */
function oracle(image: Float32Array) {
  return async (x: Float32Array, t: number): Promise<Float32Array> => {
    const alpha = at(schedule, t);
    return x.map((value, i) => (value - Math.sqrt(alpha) * (image[i] as number)) / Math.sqrt(1 - alpha));
  };
}

function options(sampler: "ddpm" | "ddim", steps: number, spacing: Spacing, more: Partial<SamplerOptions> = {}) {
  return {
    sampler,
    timesteps: timesteps(1000, steps, spacing),
    eta: 0,
    clip: 1,
    variance: "fixed-large",
    noise: "predicted",
    ...more,
  } as const;
}

describe("a diffusion model that knows the image", () => {
  const image = start.map((_, i) => 0.9 * exactCos(i));
  const predict = oracle(image);

  it.each<[string, SamplerOptions]>([
    ["DDIM, 10 uniform steps", options("ddim", 10, "uniform")],
    ["DDIM, 10 quadratic steps, η = 1", options("ddim", 10, "quad", { eta: 1 })],
    ["DDIM without clipping, rederived", options("ddim", 10, "uniform", { clip: null, noise: "rederived" })],
    ["DDPM, all steps", options("ddpm", 1000, "uniform")],
    ["DDPM, 20 steps, small variance", options("ddpm", 20, "uniform", { variance: "fixed-small" })],
    ["DDPM, 7 steps that end early", options("ddpm", 7, "trailing")],
  ])("%s: arrives at it", async (_, chosen) => {
    const made = await sampleDiffusion(schedule, chosen, start, { predict, normals: noise });
    for (const [i, value] of made.entries()) expect(value).toBeCloseTo(image[i] as number, 3);
  });

  it("asks for noise only where some is added, by the step's number", async () => {
    const asked: number[] = [];
    const normals = (step: number): Float32Array => {
      asked.push(step);
      return noise(step);
    };
    await sampleDiffusion(schedule, options("ddim", 4, "uniform"), start, { predict, normals });
    expect(asked).toEqual([]);
    await sampleDiffusion(schedule, options("ddim", 4, "uniform", { eta: 0.5 }), start, { predict, normals });
    expect(asked).toEqual([0, 1, 2]);
    asked.length = 0;
    await sampleDiffusion(schedule, options("ddpm", 4, "uniform"), start, { predict, normals });
    expect(asked).toEqual([0, 1, 2]);
  });

  it("adds noise whose variance is the posterior's", async () => {
    const chosen = options("ddpm", 2, "uniform");
    const step = async (normals: () => Float32Array): Promise<Float32Array> => {
      let first: Float32Array = start;
      await sampleDiffusion(schedule, chosen, start, {
        predict,
        normals,
        onStep: async (k, x) => {
          if (k === 0) first = x;
        },
      });
      return first;
    };
    const [none, some] = [await step(() => start.map(() => 0)), await step(() => start.map(() => 1))];
    const beta = 1 - at(schedule, 500) / at(schedule, 0);
    expect((some[0] as number) - (none[0] as number)).toBeCloseTo(Math.sqrt(beta), 6);
  });

  it("stops where onStep rejects", async () => {
    let steps = 0;
    const run = sampleDiffusion(schedule, options("ddim", 10, "uniform"), start, {
      predict,
      normals: noise,
      onStep: async () => {
        steps++;
        if (steps === 3) throw new Error("enough");
      },
    });
    await expect(run).rejects.toThrow("enough");
    expect(steps).toBe(3);
  });
});

it("clips what would be outside of [−1, 1]", async () => {
  const image = start.map((_, i) => 3 * exactCos(i));
  const predict = oracle(image);
  const bare = await sampleDiffusion(schedule, options("ddim", 5, "uniform", { clip: null }), start, {
    predict,
    normals: noise,
  });
  expect(bare[0]).toBeCloseTo(3, 3);
  for (const clip of [1, 0.5]) {
    const clipped = await sampleDiffusion(schedule, options("ddim", 5, "uniform", { clip }), start, {
      predict,
      normals: noise,
    });
    expect(Math.max(...clipped)).toBeLessThanOrEqual(clip);
    expect(clipped[0]).toBe(clip);
  }
});
