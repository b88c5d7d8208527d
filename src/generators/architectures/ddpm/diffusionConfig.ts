import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import { type ConfigValues, configSection } from "../configValues.ts";
import { type BetaForm, betas, type DiffusionSchedule, diffusionSchedule } from "./schedule.ts";

/** How a checkpoint says it was trained and is sampled; Ho et al.'s CIFAR-10 values where it does not say. */
export interface DiffusionConfig {
  readonly schedule: DiffusionSchedule;
  /** Added to the timesteps of "uniform" spacing. */
  readonly offset: number;
  /** Limit of a clipped x_0. */
  readonly clipRange: number;
  /** What it is sampled with by default; null where the file does not say. */
  readonly sampler: "ddpm" | "ddim" | null;
  readonly clip: boolean | null;
  readonly variance: "fixed-large" | "fixed-small" | null;
  readonly spacing: "uniform" | "trailing" | null;
}

const FILE = "scheduler_config.json";

/** @throws CheckpointError where scheduler_config.json asks for what is not computed here, naming it */
export function diffusionConfig(file: CheckpointFile): DiffusionConfig {
  const config = configSection(file, FILE);
  const prediction = config.text("prediction_type") ?? "epsilon";
  if (prediction !== "epsilon") refuse("prediction_type", prediction, "epsilon, a network that predicts the noise");
  if (config.boolean("thresholding") === true) refuse("thresholding", "true", "false (dynamic thresholds)");
  const variance = config.text("variance_type");
  if (variance?.startsWith("learned")) refuse("variance_type", variance, "fixed_large or fixed_small");
  const name = config.text("_class_name");
  const spacing = config.text("timestep_spacing");
  return {
    schedule: diffusionSchedule(betasOf(config), config.boolean("set_alpha_to_one") ?? true),
    offset: config.number("steps_offset") ?? 0,
    clipRange: config.number("clip_sample_range") ?? 1,
    sampler: name === "DDIMScheduler" ? "ddim" : name === "DDPMScheduler" ? "ddpm" : null,
    clip: config.boolean("clip_sample"),
    variance: variance === null ? null : variance.startsWith("fixed_small") ? "fixed-small" : "fixed-large",
    spacing: spacing === "trailing" ? "trailing" : spacing === "leading" ? "uniform" : null,
  };
}

function betasOf(config: ConfigValues): Float64Array {
  const trained = config.numbers("trained_betas");
  const values = trained === null ? named(config) : Float64Array.from(trained);
  const wrong = values.findIndex((beta) => !(beta > 0 && beta < 1));
  if (wrong >= 0) throw new CheckpointError(`${FILE}: β of step ${wrong} is ${values[wrong]}, expected 0 < β < 1.`);
  return values;
}

function named(config: ConfigValues): Float64Array {
  const steps = config.number("num_train_timesteps") ?? 1000;
  if (!Number.isInteger(steps) || steps < 1 || steps > 100_000)
    throw new CheckpointError(`${FILE}: num_train_timesteps is ${steps}, expected an integer from 1 to 100,000.`);
  const form = config.text("beta_schedule") ?? "linear";
  if (!isBetaForm(form)) refuse("beta_schedule", form, "linear, scaled_linear or squaredcos_cap_v2");
  return betas(form, config.number("beta_start") ?? 1e-4, config.number("beta_end") ?? 0.02, steps);
}

function isBetaForm(name: string): name is BetaForm {
  return name === "linear" || name === "scaled_linear" || name === "squaredcos_cap_v2";
}

function refuse(field: string, value: string, known: string): never {
  throw new CheckpointError(`${FILE}: ${field} is ${value}; only ${known} can be sampled here.`);
}
