import type { Architecture } from "../architecture.ts";
import { recogniseResidual } from "../residual/family.ts";
import { quantiseBigGanDeep } from "../residual/quantise.ts";
import { truncated } from "../residual/truncation.ts";
import { bigGanDeepPlan } from "./plan.ts";

/** z is drawn from a normal truncated to ±2 at every truncation, then scaled by it. */
const BOUND = 2;

/** BigGAN-deep as pytorch-pretrained-BigGAN has it, converted from DeepMind's TF-Hub modules. */
export const bigGanDeep: Architecture = {
  id: "biggan-deep",
  recognise(file) {
    const keys = [...file.tensors.keys()];
    if (!keys.some((key) => /^(generator\.)?(gen_z|conv_to_rgb|layers\.\d+\.(bn|conv)_0)\./.test(key))) return null;
    const { plan, notes } = bigGanDeepPlan(file);
    return recogniseResidual(
      file,
      plan,
      {
        architecture: "biggan-deep",
        title: "BigGAN-deep (pytorch-pretrained-BigGAN)",
        latents: (normals, truncation) => {
          const scale = truncation ?? 1;
          return truncated(normals, BOUND).map((z) => z * Math.fround(scale));
        },
        standingTruncated: true,
        quantise: quantiseBigGanDeep,
        spectralNorm: "stored",
      },
      notes,
    );
  },
};
