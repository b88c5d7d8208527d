import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import type { Architecture } from "../architecture.ts";
import { recogniseResidual } from "../residual/family.ts";
import { quantiseStudioGan } from "../residual/quantise.ts";
import type { ResidualFamily } from "../residual/residualFamily.ts";
import { truncated } from "../residual/truncation.ts";
import { type StudioGanBackbone, studioGanPlan } from "./plan.ts";

const TITLES: Readonly<Record<StudioGanBackbone, string>> = {
  big_resnet: "BigGAN of StudioGAN (big_resnet; also CRGAN, ICRGAN, MHGAN, ReACGAN)",
  resnet: "ResNet GAN of StudioGAN (resnet: SNGAN, SAGAN, ProjGAN, ACGAN)",
  big_resnet_deep_legacy: "BigGAN-Deep of StudioGAN (big_resnet_deep_legacy)",
  big_resnet_deep_studiogan: "BigGAN-Deep of StudioGAN (big_resnet_deep_studiogan)",
};

/** The residual generators of StudioGAN. Which of the GANs that share one it is cannot be told from the file. */
export const studioGan: Architecture = {
  id: "studiogan",
  recognise(file) {
    if (!looksLikeStudioGan(file)) return null;
    refuseDiscriminator(file);
    const { plan, backbone, notes } = studioGanPlan(file);
    return recogniseResidual(file, plan, familyOf(backbone), notes);
  },
};

function familyOf(backbone: StudioGanBackbone): ResidualFamily {
  return {
    architecture: `studiogan-${backbone.replaceAll("_", "-")}`,
    title: TITLES[backbone],
    // Drawn again until inside ±truncation: the same distribution.
    latents: (normals, truncation) => (truncation === null ? normals : truncated(normals, truncation)),
    standingTruncated: false,
    quantise: quantiseStudioGan,
    // Its own sampling puts convolutions back into training mode: one power iteration.
    spectralNorm: "step",
  };
}

/** `conv2d1` in a block is nobody else's name. */
function looksLikeStudioGan(file: CheckpointFile): boolean {
  const keys = [...file.tensors.keys()];
  return keys.some((key) => /^blocks\.\d+\.0\.conv2d\d\./.test(key) || /^(linear0|conv2d5)\./.test(key));
}

function refuseDiscriminator({ tensors, name }: CheckpointFile): void {
  const begins = (prefix: string) => [...tensors.keys()].some((key) => key.startsWith(prefix));
  if (!begins("linear1.") || begins("linear0.") || begins("conv2d5.")) return;
  throw new CheckpointError(
    `${name} is the discriminator of a StudioGAN pair: it has linear1 and no linear0 (${tensors.size} tensors). ` +
      "Drop the generator, model=G_ema-….pth.",
  );
}
