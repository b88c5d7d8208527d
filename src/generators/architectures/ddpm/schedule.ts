import { exactCos } from "../../../random/exactMath.ts";

/** Variances of the noise that is added step by step, and what is left of the image, in float64. */
export interface DiffusionSchedule {
  /** β_t, [T] */
  readonly betas: Float64Array;
  /** ᾱ_t = ∏ (1 − β), [T] */
  readonly alphasCumprod: Float64Array;
  /** ᾱ "before" the first step: 1, or ᾱ_0 where diffusers' set_alpha_to_one is false. */
  readonly alphaBefore: number;
}

export type BetaForm = "linear" | "scaled_linear" | "squaredcos_cap_v2";

/** β from `start` to `end` over `steps`, spaced as diffusers' names say; "linear" is Ho et al. (1e-4, 0.02, 1000). */
export function betas(form: BetaForm, start: number, end: number, steps: number): Float64Array {
  if (form === "linear") return evenly(start, end, steps);
  if (form === "scaled_linear") return evenly(Math.sqrt(start), Math.sqrt(end), steps).map((root) => root * root);
  // Nichol and Dhariwal, arXiv 2102.09672, equation 17
  const left = (fraction: number): number => {
    const cosine = exactCos(((fraction + 0.008) / 1.008) * (Math.PI / 2));
    return cosine * cosine;
  };
  return Float64Array.from({ length: steps }, (_, t) => Math.min(1 - left((t + 1) / steps) / left(t / steps), 0.999));
}

/** `count` numbers from `start` to `end`, both included, rounded as numpy.linspace rounds them. */
export function evenly(start: number, end: number, count: number): Float64Array {
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  const values = Float64Array.from({ length: count }, (_, i) => i * step + start);
  if (count > 1) values[count - 1] = end;
  return values;
}

export function diffusionSchedule(steps: Float64Array, alphaToOne = true): DiffusionSchedule {
  const alphasCumprod = new Float64Array(steps.length);
  let product = 1;
  for (let t = 0; t < steps.length; t++) {
    product *= 1 - (steps[t] as number);
    alphasCumprod[t] = product;
  }
  return { betas: steps, alphasCumprod, alphaBefore: alphaToOne ? 1 : (alphasCumprod[0] as number) };
}

/** Of the step from x_t to x_s, s < t; s = −1 is the image itself. */
export interface StepCoefficients {
  /** x_0 = x · fromX − ε · fromNoise. */
  readonly fromX: number;
  readonly fromNoise: number;
  /** The posterior's mean: x_0 · toImage + x_t · toNoisy. */
  readonly toImage: number;
  readonly toNoisy: number;
  /** Its variance: β of the step ("fixed-large"), or β̃ ("fixed-small"). */
  readonly large: number;
  readonly small: number;
}

/**
 * Ho et al., equations 6 and 7. For s < t − 1 the steps between are taken as one, of 1 − β = ᾱ_t / ᾱ_s: what
 * diffusers' DDPMScheduler does with fewer steps than there are.
 */
export function stepCoefficients(schedule: DiffusionSchedule, t: number, s: number): StepCoefficients {
  const alphaBar = at(schedule, t);
  // Ancestral sampling ends at the image itself, whatever `alphaBefore` says: its first step has no step before it.
  const previous = s < 0 ? 1 : at(schedule, s);
  // 1 − ᾱ_t/ᾱ_s would lose four digits of a single step's β.
  const beta = s === t - 1 ? (schedule.betas[t] as number) : 1 - alphaBar / previous;
  const share = (1 - previous) / (1 - alphaBar);
  return {
    fromX: Math.sqrt(1 / alphaBar),
    fromNoise: Math.sqrt(1 / alphaBar - 1),
    toImage: (beta * Math.sqrt(previous)) / (1 - alphaBar),
    toNoisy: share * Math.sqrt(1 - beta),
    large: beta,
    small: beta * share,
  };
}

/** ᾱ_t; `alphaBefore` for t = −1. @throws RangeError outside of the schedule */
export function at(schedule: DiffusionSchedule, t: number): number {
  if (t === -1) return schedule.alphaBefore;
  const value = schedule.alphasCumprod[t];
  if (value === undefined) throw new RangeError(`There is no step ${t} in a schedule of ${schedule.betas.length}.`);
  return value;
}

export type Spacing = "uniform" | "quad" | "trailing";

/**
 * The timesteps that `count` evaluations take, first the noisiest.
 * - "uniform": 0, ⌊T/n⌋, 2⌊T/n⌋ … (diffusers' "leading"), moved by `offset`
 * - "quad": the squares of n numbers from 0 to √(0.8 T), rounded down (DDIM, arXiv 2010.02502, appendix D.2)
 * - "trailing": T − 1, T − 1 − T/n … rounded to even
 */
export function timesteps(total: number, count: number, spacing: Spacing, offset = 0): number[] {
  if (!Number.isInteger(count) || count < 1 || count > total)
    throw new RangeError(`A diffusion model of ${total} steps is sampled with 1 to ${total} of them, not ${count}.`);
  if (spacing === "quad") {
    const roots = evenly(0, Math.sqrt(0.8 * total), count);
    return Array.from(roots, (root) => Math.floor(root * root)).reverse();
  }
  if (spacing === "trailing") {
    return Array.from({ length: count }, (_, i) => roundHalfToEven(total - i * (total / count)) - 1);
  }
  const step = Math.floor(total / count);
  return Array.from({ length: count }, (_, i) => Math.min((count - 1 - i) * step + offset, total - 1));
}

export function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
