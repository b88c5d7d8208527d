import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import type { Architecture } from "../architecture.ts";
import { recogniseResidual } from "../residual/family.ts";
import { quantiseAjbrock } from "../residual/quantise.ts";
import { bigGanPlan } from "./plan.ts";

/** BigGAN as ajbrock's BigGAN-PyTorch has it: ImageNet with a hierarchical z, and the form of its CIFAR script. */
export const bigGan: Architecture = {
  id: "biggan",
  recognise(file) {
    const keys = [...file.tensors.keys()];
    if (!keys.some((key) => /^blocks\.\d+\.0\.conv[12]\./.test(key))) return null;
    refuseDiscriminator(file, keys);
    return recogniseResidual(file, bigGanPlan(file), {
      architecture: "biggan",
      title: "BigGAN of BigGAN-PyTorch (ajbrock)",
      latents: (normals, truncation) => (truncation === null ? normals : scaled(normals, truncation)),
      // Its own truncation curves accumulate statistics anew for every scale of z.
      standingTruncated: true,
      quantise: quantiseAjbrock,
      // Even its evaluation does one power iteration from u0.
      spectralNorm: "step",
    });
  },
};

/** z ~ N(0, truncation²), as its sample script scales it. */
function scaled(normals: Float32Array, truncation: number): Float32Array {
  if (!(truncation > 0)) throw new RangeError(`z is scaled by a positive truncation, not ${truncation}.`);
  return normals.map((z) => z * truncation);
}

function refuseDiscriminator({ tensors, name }: CheckpointFile, keys: readonly string[]): void {
  if (keys.some((key) => /^(shared|output_layer)\.|\.bn1\./.test(key))) return;
  if (!keys.some((key) => /^(embed|linear)\./.test(key))) return;
  throw new CheckpointError(
    `${name} is the discriminator of a BigGAN pair: its blocks have no batch norm (${tensors.size} tensors). ` +
      "Drop the generator, G_ema.pth.",
  );
}
