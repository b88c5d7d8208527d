import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import type { GeneratorDescription, SamplingSettings } from "../../../study/generatorRecord.ts";
import type { Architecture, Recognised } from "../architecture.ts";
import { configSection } from "../configValues.ts";
import { checkKeys, countParameters } from "../keys.ts";
import { expectedKeys } from "./expectedKeys.ts";
import { loadStyleGan2 } from "./network.ts";
import { deriveSizes, stylegan2Flops, WHAT } from "./sizes.ts";
import type { StyleGanOptions } from "./weights.ts";

/** StyleGAN2(-ADA) under the names of NVIDIA's PyTorch code, which StudioGAN keeps. */
export const stylegan2: Architecture = {
  id: "stylegan2",
  recognise(file) {
    refuseRelatives(file);
    if (!file.tensors.has("synthesis.b4.const") && !file.tensors.has("mapping.fc0.weight")) return null;
    return recognised(file);
  },
};

function recognised(file: CheckpointFile): Recognised {
  const sizes = deriveSizes(file);
  const expected = expectedKeys(file, sizes);
  const warnings = checkKeys(file, WHAT, expected);
  if (file.ema === false) warnings.push("These are not the averaged weights (G_ema): images are worse.");
  const origin = file.format === "stylegan-pickle" ? "nvidia" : "studiogan";
  const options = optionsOf(file);
  const { resolution } = sizes.blocks.at(-1) ?? { resolution: 4 };
  const truncates = file.tensors.has("mapping.w_avg");
  const description: GeneratorDescription = {
    architecture: stylegan2.id,
    title: origin === "nvidia" ? "StyleGAN2-ADA of NVIDIA" : "StyleGAN2 (StudioGAN's or NVIDIA's state_dict)",
    parameters: countParameters(expected),
    classes: sizes.classes,
    resolution,
    latentSize: sizes.zWidth,
    ema: file.ema,
    flopsPerEvaluation: stylegan2Flops(sizes),
    details: {
      z: sizes.zWidth,
      w: sizes.wWidth,
      "mapping layers": sizes.mapping.length,
      output: sizes.output,
      widths: sizes.blocks.map(({ width }) => width).join(", "),
      noise: sizes.noise ? "per layer" : "none",
      clamp: options.clamp ?? "none",
    },
    defaults: defaults(origin === "nvidia" ? "const" : "random"),
    settings: [...(truncates ? (["truncation"] as const) : []), ...(sizes.noise ? (["noise"] as const) : [])],
    warnings,
  };
  const checkpoint = { file, sizes, expected, options, origin, description } as const;
  return { description, load: (ops, settings) => loadStyleGan2(checkpoint, ops, settings) };
}

/** @param noise "const" is what NVIDIA's generate.py does, "random" what StudioGAN's sampler does */
function defaults(noise: SamplingSettings["noise"]): SamplingSettings {
  return {
    truncation: null,
    noise,
    spectralNorm: "stored",
    batchNorm: "stored",
    sampler: "ddim",
    steps: 1,
    eta: 0,
    spacing: "uniform",
    clip: true,
    variance: "fixed-large",
  };
}

/** What a pickle's `_init_kwargs` say; StudioGAN's files say nothing, and its networks do not clamp. */
function optionsOf(file: CheckpointFile): StyleGanOptions {
  const config = configSection(file, "_init_kwargs");
  const mapping = config.within("mapping_kwargs");
  const synthesis = config.within("synthesis_kwargs");
  for (const part of [mapping, synthesis]) {
    const activation = part.text("activation") ?? "lrelu";
    if (activation !== "lrelu") {
      throw new CheckpointError(`This StyleGAN2 generator has activation ${activation}; only lrelu is computed here.`);
    }
  }
  return {
    learningRateMultiplier: mapping.number("lr_multiplier") ?? 0.01,
    clamp: synthesis.number("conv_clamp"),
  };
}

/** Generators that look related but compute something else. */
function refuseRelatives({ tensors }: CheckpointFile): void {
  if (tensors.has("synthesis.input.weight") || tensors.has("synthesis.input.freqs")) {
    throw new CheckpointError(
      "This is a StyleGAN3 generator (synthesis.input): its filtered non-linearities are not available here. Sample it with its own code and import the images (.npz) as a pool.",
    );
  }
  if (tensors.has("style.1.weight") && tensors.has("convs.0.conv.weight")) {
    throw new CheckpointError(
      "This is a StyleGAN2 generator under rosinality's names (style.1, convs.0.conv), which are not read here. Sample it with its own code and import the images (.npz) as a pool.",
    );
  }
}
