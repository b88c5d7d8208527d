import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { GeneratorDescription, SamplingSettings } from "../../src/study/generatorRecord.ts";
import { BadInput, type CommonOptions, integer, numbers } from "../context.ts";

export interface SampleOptions extends CommonOptions {
  readonly count?: number;
  readonly labels?: number[];
  readonly seed: number;
  readonly latents?: string;
  readonly truncation?: number;
  readonly noise?: SamplingSettings["noise"];
  readonly spectralNorm?: SamplingSettings["spectralNorm"];
  readonly batchNorm?: SamplingSettings["batchNorm"];
  readonly sampler?: SamplingSettings["sampler"];
  readonly steps?: number;
  readonly eta?: number;
  readonly spacing?: SamplingSettings["spacing"];
  readonly clip?: boolean;
  readonly variance?: SamplingSettings["variance"];
  readonly trajectory?: true;
  readonly out: string;
}

/** The options of `sio sample`, names as in CLI.md. */
export function withSampleOptions(command: Command): Command {
  return command
    .option("--count <n>", "images; default 16, or as many as there are labels or latents", positive)
    .option("--labels <list>", "classes of the generator, repeated where there are fewer than images", numbers)
    .option("--seed <s>", "seed of latents and noise", integer, 0)
    .option("--latents <file>", ".safetensors of z [N, z] or x_T [N, 3, H, W]; optional labels, noises, noise/LAYER")
    .option("--truncation <psi>", "StyleGAN ψ, BigGAN's factor of z, StudioGAN's bound of z", number)
    .addOption(new Option("--noise <mode>", "of StyleGAN").choices(["const", "none", "random"]))
    .addOption(new Option("--spectral-norm <mode>", "which σ").choices(["stored", "step", "converged"]))
    .addOption(new Option("--batch-norm <mode>", "whose statistics").choices(["stored", "batch", "standing"]))
    .addOption(new Option("--sampler <name>", "of diffusion").choices(["ddpm", "ddim"]))
    .option("--steps <n>", "of diffusion", positive)
    .option("--eta <x>", "noise of DDIM, 0 to 1", number)
    .addOption(new Option("--spacing <name>", "of the timesteps").choices(["uniform", "quad", "trailing"]))
    .option("--clip", "keep predicted images within [−1, 1]")
    .option("--no-clip", "do not")
    .addOption(new Option("--variance <name>", "of ancestral sampling").choices(["fixed-large", "fixed-small"]))
    .option("--trajectory", "also x after each step of a diffusion model")
    .requiredOption("--out <file>", "OUT.safetensors, OUT.npz, or a folder for PNGs");
}

function positive(text: string): number {
  const value = integer(text);
  if (value < 1) throw new InvalidArgumentError("At least 1 is needed.");
  return value;
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError(`"${text}" is not a number.`);
  return value;
}

const OPTION_OF: Readonly<Record<keyof SamplingSettings, string>> = {
  truncation: "--truncation",
  noise: "--noise",
  spectralNorm: "--spectral-norm",
  batchNorm: "--batch-norm",
  sampler: "--sampler",
  steps: "--steps",
  eta: "--eta",
  spacing: "--spacing",
  clip: "--clip",
  variance: "--variance",
};

/** The family's defaults with what was asked for. @throws BadInput for a setting that the family has not */
export function settingsFor(options: SampleOptions, description: GeneratorDescription): SamplingSettings {
  const { settings, defaults, title } = description;
  const asked: Partial<Record<keyof SamplingSettings, unknown>> = {};
  for (const name of Object.keys(OPTION_OF) as (keyof SamplingSettings)[]) {
    const value = options[name];
    if (value === undefined) continue;
    if (!settings.includes(name)) {
      const known = settings.map((each) => OPTION_OF[each]).join(", ");
      throw new BadInput(
        `${OPTION_OF[name]} means nothing to ${title}; its settings are ${known === "" ? "none" : known}.`,
      );
    }
    asked[name] = value;
  }
  if (options.trajectory && !settings.includes("steps"))
    throw new BadInput(`--trajectory: ${title} makes an image in one step.`);
  return { ...defaults, ...(asked as Partial<SamplingSettings>) };
}
