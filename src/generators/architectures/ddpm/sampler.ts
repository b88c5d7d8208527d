import { at, type DiffusionSchedule, stepCoefficients } from "./schedule.ts";

/** How x_T becomes an image. */
export interface SamplerOptions {
  readonly sampler: "ddpm" | "ddim";
  /** Noisiest first, each in 0 … T − 1. */
  readonly timesteps: readonly number[];
  /** DDIM: 0 = no noise is added, 1 = as much as DDPM's β̃. */
  readonly eta: number;
  /** x_0, as predicted in each step, is clipped to ±clip; null: it is not. */
  readonly clip: number | null;
  /** DDPM: which variance. */
  readonly variance: "fixed-large" | "fixed-small";
  /** DDIM, where x_0 was clipped: the noise as predicted, or as it follows from the clipped x_0. */
  readonly noise: "predicted" | "rederived";
}

/** What is called between the steps. */
export interface SamplerHooks {
  /** ε of x at one timestep, both [count, …]. */
  predict(x: Float32Array, timestep: number): Promise<Float32Array>;
  /** Normals of x's length for the given step, 0 first. Only asked for where noise is added. */
  normals(step: number): Float32Array;
  onStep?(step: number, x: Float32Array): Promise<void>;
}

/**
 * Runs a diffusion model backwards from x_T; returns the images, [count, …].
 * DDPM: Ho et al., arXiv 2006.11239, algorithm 2; DDIM: Song et al., arXiv 2010.02502, equation 12.
 */
export async function sampleDiffusion(
  schedule: DiffusionSchedule,
  options: SamplerOptions,
  start: Float32Array,
  hooks: SamplerHooks,
): Promise<Float32Array> {
  let x = start;
  for (const [step, t] of options.timesteps.entries()) {
    const predicted = await hooks.predict(x, t);
    const s = options.timesteps[step + 1] ?? -1;
    const normals = (): Float32Array => hooks.normals(step);
    x =
      options.sampler === "ddim"
        ? ddimStep(schedule, options, x, predicted, t, s, normals)
        : ancestralStep(schedule, options, x, predicted, t, s, normals);
    await hooks.onStep?.(step, x);
  }
  return x;
}

function ancestralStep(
  schedule: DiffusionSchedule,
  { variance, clip }: SamplerOptions,
  x: Float32Array,
  predicted: Float32Array,
  t: number,
  s: number,
  normals: () => Float32Array,
): Float32Array {
  const { fromX, fromNoise, toImage, toNoisy, large, small } = stepCoefficients(schedule, t, s);
  // Nothing is added behind the last step: what it gives is the image.
  const deviation = s < 0 ? 0 : Math.sqrt(variance === "fixed-large" ? large : small);
  const added = deviation > 0 ? normals() : null;
  const limit = clip ?? Number.POSITIVE_INFINITY;
  return x.map((value, i) => {
    const image = clamped(value * fromX - (predicted[i] as number) * fromNoise, limit);
    return image * toImage + value * toNoisy + (added ? deviation * (added[i] as number) : 0);
  });
}

function ddimStep(
  schedule: DiffusionSchedule,
  { eta, clip, noise }: SamplerOptions,
  x: Float32Array,
  predicted: Float32Array,
  t: number,
  s: number,
  normals: () => Float32Array,
): Float32Array {
  const now = at(schedule, t);
  const next = at(schedule, s);
  const deviation = eta * Math.sqrt(Math.max(0, ((1 - next) / (1 - now)) * (1 - now / next)));
  const added = deviation > 0 ? normals() : null;
  const [signal, blur] = [Math.sqrt(now), Math.sqrt(1 - now)];
  const [nextSignal, direction] = [Math.sqrt(next), Math.sqrt(Math.max(0, 1 - next - deviation ** 2))];
  const limit = clip ?? Number.POSITIVE_INFINITY;
  return x.map((value, i) => {
    let epsilon = predicted[i] as number;
    const image = clamped((value - blur * epsilon) / signal, limit);
    if (noise === "rederived") epsilon = (value - signal * image) / blur;
    return nextSignal * image + direction * epsilon + (added ? deviation * (added[i] as number) : 0);
  });
}

/** NaN stays NaN. */
function clamped(value: number, limit: number): number {
  return value > limit ? limit : value < -limit ? -limit : value;
}
