import type { ImageOps } from "../../../engine/ops/imageOps.ts";
import { exactCos } from "../../../random/exactMath.ts";
import { ddpm } from "../ddpm/ddpm.ts";
import { smallCheckpoint } from "../ddpm/testing/smallUNet.ts";
import { stylegan2 } from "../stylegan2/stylegan2.ts";
import { tinyCheckpoint } from "../stylegan2/testing/tinyStyleGan.ts";

/** Two images each of a tiny StyleGAN2 and of a small UNet, four steps of DDIM, on a device. */
export async function tinyImages(ops: ImageOps): Promise<Float32Array[]> {
  const cosines = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => exactCos(5 * i));
  const images: Float32Array[] = [];
  for (const recognised of [stylegan2.recognise(tinyCheckpoint()), ddpm.recognise(smallCheckpoint("pesser"))]) {
    if (!recognised) throw new Error("not recognised");
    const { defaults, latentSize, classes } = recognised.description;
    const network = await recognised.load(ops, { ...defaults, noise: "const", steps: 4, spacing: "uniform" });
    images.push(
      await network.sample({
        count: 2,
        latents: cosines(2 * latentSize),
        labels: classes === null ? null : Int32Array.of(2, 0),
        normals: () => new Float32Array(),
      }),
    );
    network.dispose();
  }
  return images;
}
