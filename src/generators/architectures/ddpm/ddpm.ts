import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import type { GeneratorDescription, SamplingSettings } from "../../../study/generatorRecord.ts";
import type { Architecture } from "../architecture.ts";
import { type ConfigValues, configSection } from "../configValues.ts";
import { checkKeys, countParameters } from "../keys.ts";
import type { DdpmCheckpoint } from "./checkpoint.ts";
import { deriveSizes, expectedKeys } from "./deriveSizes.ts";
import { DIALECTS } from "./dialects.ts";
import { type DiffusionConfig, diffusionConfig } from "./diffusionConfig.ts";
import { loadDdpm } from "./network.ts";
import { unetFlops } from "./sizes.ts";
import { type EmbeddingForm, HO_EMBEDDING } from "./timestepEmbedding.ts";

/** The UNet of denoising diffusion models, Ho et al. (arXiv 2006.11239), under the names of four implementations. */
export const ddpm: Architecture = {
  id: "ddpm-unet",
  recognise(file) {
    const checkpoint = ddpmCheckpoint(file);
    if (checkpoint === null) return null;
    return { description: checkpoint.description, load: (ops, settings) => loadDdpm(checkpoint, ops, settings) };
  },
};

/**
 * The checkpoint with its sizes; null where it is no such UNet.
 * @throws CheckpointError where it nearly is one, or is one of a kind that is not computed here
 */
export function ddpmCheckpoint(file: CheckpointFile): DdpmCheckpoint | null {
  refuseRelatives(file);
  const dialect = DIALECTS.find(({ mark }) => file.tensors.has(mark));
  if (!dialect) return null;
  const config = configSection(file, "config.json");
  refuseOptions(config);
  const derived = deriveSizes(file, dialect);
  const { sizes, resolution, assumed } = derived;
  const expected = expectedKeys(dialect, sizes);
  if (dialect.id === "w86763777") {
    const steps = file.tensors.get(dialect.mark)?.shape[0] ?? 0;
    expected.unshift({ name: dialect.mark, shape: [steps, sizes.channels], kind: "buffer" });
  }
  const warnings = [...assumed, ...checkKeys(file, `a ${dialect.title}`, expected)];
  if (file.ema === false) {
    warnings.push(
      "These are not the averaged weights (EMA): images are much worse, FID 12 instead of 3.2 on CIFAR-10.",
    );
  }
  const diffusion = diffusionConfig(file);
  const widths = sizes.levels.map(({ width }) => width);
  const attention = sizes.levels.flatMap(({ attentionDown }, l) => (attentionDown ? [resolution / 2 ** l] : []));
  const description: GeneratorDescription = {
    architecture: ddpm.id,
    title: dialect.title,
    parameters: countParameters(expected),
    classes: null,
    resolution,
    latentSize: 3 * resolution ** 2,
    ema: file.ema,
    flopsPerEvaluation: unetFlops(sizes, resolution),
    details: {
      dialect: dialect.id,
      widths: widths.join(", "),
      "blocks per level": sizes.blocks,
      attention: attention.length > 0 ? attention.map((side) => `${side}×${side}`).join(", ") : "lowest level only",
      groups: sizes.groups,
      "norm eps": sizes.eps,
      "timesteps trained": diffusion.schedule.betas.length,
    },
    defaults: defaultsOf(diffusion),
    settings: ["sampler", "steps", "eta", "spacing", "clip", "variance"],
    warnings,
  };
  return { ...derived, file, dialect, diffusion, embedding: embeddingOf(config), description };
}

/** 50 steps of DDIM, "quad" (Song et al.'s choice for CIFAR-10), but for what the file asks for. */
function defaultsOf({ schedule, clip, variance, spacing }: DiffusionConfig): SamplingSettings {
  return {
    truncation: null,
    noise: "const",
    spectralNorm: "stored",
    batchNorm: "stored",
    sampler: "ddim",
    steps: Math.min(50, schedule.betas.length),
    eta: 0,
    spacing: spacing ?? "quad",
    clip: clip ?? true,
    variance: variance ?? "fixed-large",
  };
}

function embeddingOf(config: ConfigValues): EmbeddingForm {
  if (config.empty) return HO_EMBEDDING;
  return {
    order: config.boolean("flip_sin_to_cos") === false ? "halves" : "halves-cosine-first",
    shift: config.number("freq_shift") ?? 0,
  };
}

/** Options of diffusers' UNet2DModel that change what is computed, and the only value that is computed here. */
const OPTIONS: readonly (readonly [name: string, value: string])[] = [
  ["time_embedding_type", "positional"],
  ["act_fn", "silu"],
  ["resnet_time_scale_shift", "default"],
  ["downsample_type", "conv"],
  ["upsample_type", "conv"],
];

function refuseOptions(config: ConfigValues): void {
  for (const [name, only] of OPTIONS) {
    const value = config.text(name) ?? only;
    if (value !== only) refuse(name, value, only);
  }
  const scale = config.number("mid_block_scale_factor") ?? 1;
  if (scale !== 1) refuse("mid_block_scale_factor", String(scale), "1");
  if (config.boolean("center_input_sample") === true) refuse("center_input_sample", "true", "false");
}

function refuse(name: string, value: string, only: string): never {
  throw new CheckpointError(`config.json: ${name} is ${value}; UNets are computed here with ${only} alone.`);
}

/** Diffusion models that look related but compute something else. */
function refuseRelatives(file: CheckpointFile): void {
  const { tensors } = file;
  const edm = ["model.map_layer0.weight", "map_layer0.weight"].some((name) => tensors.has(name));
  if (edm) {
    throw new CheckpointError(
      "This is an EDM network (Karras et al. 2022, SongUNet): its preconditioning and sampler are not available here. Sample it with its own code and import the images (.npz) as a pool.",
    );
  }
  if (tensors.has("time_embed.0.weight") && tensors.has("input_blocks.0.0.weight")) {
    throw new CheckpointError(
      "This is a UNet of OpenAI's improved-diffusion or guided-diffusion (time_embed, input_blocks): it is not available here. Sample it with its own code and import the images (.npz) as a pool.",
    );
  }
}
