import type { ImageOps } from "../../../engine/ops/imageOps.ts";
import { type UNetSizes, unetLayers } from "./sizes.ts";
import { type EmbeddingForm, HO_EMBEDDING, timestepEmbedding } from "./timestepEmbedding.ts";
import type { UNetConvolution, UNetWeights } from "./unet.ts";

/** A UNet whose tensors this module laid out on a device. */
export interface UploadedUNet extends UNetWeights {
  dispose(): void;
}

/**
 * Lays tensors out on a device. `tensor` gives the elements of one by pesser's name ("conv_in.weight"); dense layers'
 * [out, in] and 1×1 convolutions' [out, in, 1, 1] have the same elements.
 */
export async function uploadUNet(
  ops: ImageOps,
  sizes: UNetSizes,
  tensor: (name: string) => Promise<Float32Array>,
  embedding: EmbeddingForm | { readonly table: Float32Array } = HO_EMBEDDING,
): Promise<UploadedUNet> {
  const convolutions = new Map<string, UNetConvolution>();
  const norms: Map<string, { gamma: ReturnType<ImageOps["upload"]>; beta: ReturnType<ImageOps["upload"]> }> = new Map();
  for (const layer of unetLayers(sizes)) {
    const weight = await tensor(`${layer.name}.weight`);
    const bias = await tensor(`${layer.name}.bias`);
    if (layer.kind === "norm") {
      const shape = [1, layer.channels, 1, 1] as const;
      norms.set(layer.name, { gamma: ops.upload(weight, shape), beta: ops.upload(bias, shape) });
      continue;
    }
    const { cout, cin, kernel, form } = layer;
    convolutions.set(layer.name, {
      weights: ops.convolutionWeights(weight, [cout, cin, kernel, kernel], form),
      bias: ops.upload(bias, [1, cout, 1, 1]),
    });
  }
  return {
    sizes,
    convolutions,
    norms,
    embed: (timesteps) =>
      "table" in embedding
        ? rows(embedding.table, sizes.channels, timesteps)
        : Float32Array.from(timestepEmbedding(timesteps, sizes.channels, embedding)),
    dispose() {
      for (const { weights, bias } of convolutions.values()) {
        ops.freeWeights(weights);
        ops.free(bias);
      }
      for (const { gamma, beta } of norms.values()) {
        ops.free(gamma);
        ops.free(beta);
      }
    },
  };
}

/** Rows of a table of embeddings, [rows, width]. */
function rows(table: Float32Array, width: number, indices: ArrayLike<number>): Float32Array {
  const out = new Float32Array(indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i] as number;
    if (!(row >= 0 && (row + 1) * width <= table.length))
      throw new RangeError(`Timestep ${row} is not in a table of ${table.length / width}.`);
    out.set(table.subarray(row * width, (row + 1) * width), i * width);
  }
  return out;
}
