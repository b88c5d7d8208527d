import type { Value } from "../../engine/ops/imageOps.ts";
import { exactLog } from "../../random/exactMath.ts";
import { Stream } from "../../random/stream.ts";
import { type DecoderSizes, decoderTensors, latentSize, uploadDecoder } from "./decoder.ts";
import { differentiate, type TrainingDevice } from "./differentiate.ts";
import { type EncoderSizes, encoderTensors, uploadEncoder } from "./encoder.ts";
import { oneHot, studioGanTensors } from "./exportDecoder.ts";
import { type Start, startParameters } from "./parameters.ts";
import { batchIndices, gather, type RealImages } from "./realImages.ts";
import type { Recipe } from "./recipe.ts";

/** Scale of a pixel's distance, in [−1, 1], from what is decoded: weighs fidelity against the prior. */
const PIXEL_SCALE = 0.1;
/** Distances are penalised by √(d² + ROUND²): squares within the images' noise, sizes beyond, which blurs edges less. */
const ROUND = 0.1;

/**
 * A conditional variational autoencoder (Kingma & Welling 2014; Sohn et al. 2015) whose decoder is a BigGAN generator:
 * stable in minutes, where an adversarial training of this size is not. Blurs what is not told by z.
 */
export function vaeRecipe(images: RealImages, width: number, batch: number, seed: number): Recipe {
  const { classes, side } = images;
  const sizes: DecoderSizes = { classes, chunk: 16, shared: 16, widths: [4 * width, 4 * width, 2 * width, width] };
  const latent = latentSize(sizes);
  const encoder: EncoderSizes = { classes, latent, side, widths: [2 * width, 4 * width, 4 * width] };
  const parameters = startParameters(new Map([...decoderTensors(sizes), ...encoderTensors(encoder)]), seed, start);
  const perImage = images.pixels.length / images.count;
  /** Of Σ μ² − ln σ² + σ² − 1 over z, which is twice the divergence from the prior. */
  const klWeight = PIXEL_SCALE / (2 * perImage);

  async function gradients(device: TrainingDevice, step: number) {
    const { ops } = device;
    const indices = batchIndices(images.count, batch, step, (epoch) => new Stream(seed, "vae/epoch", epoch));
    const pixels = gather(images, indices);
    const labels = oneHot(
      Array.from(indices, (index) => images.labels[index] as number),
      classes,
    );
    const stream = new Stream(seed, "vae/latents", step);
    const normals = Float32Array.from({ length: batch * latent }, () => stream.normal());
    const result = await differentiate(device, parameters, async (tape) => {
      const encode = uploadEncoder(tape, encoder, parameters);
      const { decode } = uploadDecoder(tape, sizes, parameters);
      return () => {
        const x = ops.upload(pixels, [batch, 3, side, side]);
        const given = ops.upload(labels, [batch, classes, 1, 1]);
        const { mean, s, deviation } = encode(x, given);
        const z = tape.add(mean, tape.multiply(deviation, ops.upload(normals, [batch, latent, 1, 1])));
        const decoded = decode(z, given);
        const difference = ops.add(decoded, ops.activate(x, { kind: "linear", gain: -1 }));
        const inverse = ops.inverseRoot(ops.multiply(difference, difference), ROUND * ROUND);
        const gain = (value: Value, by: number) => ops.activate(value, { kind: "linear", gain: by });
        // d(σ² − ln σ²)/dσ = 2 (σ − 1/σ) = −2 σ s², as 1/σ² = 1 + s²
        const slopeOfDeviation = gain(ops.multiply(deviation, ops.multiply(s, s)), (-2 * klWeight) / batch);
        return {
          seeds: [
            [decoded, gain(ops.multiply(difference, inverse), 1 / pixels.length)],
            [mean, gain(mean, (2 * klWeight) / batch)],
            [deviation, slopeOfDeviation],
          ],
          outputs: [difference, mean, s],
        };
      };
    });
    const [difference, mean, s] = result.outputs as [Float32Array, Float32Array, Float32Array];
    const losses = { pixels: meanSize(difference), nats: divergence(mean, s) / batch };
    return { losses, gradients: result.gradients };
  }

  return {
    kind: "vae",
    description:
      `Conditional variational autoencoder (not adversarial), pixel scale ${PIXEL_SCALE}; its decoder is a ` +
      `big_resnet generator of StudioGAN without spectral norm and attention, channels ${sizes.widths.join("-")}`,
    parameters,
    adam: { beta1: 0.9, beta2: 0.99, eps: 1e-8 },
    learningRate: 2e-3,
    clip: 1,
    averageDecay: 0.998,
    batch,
    gradients,
    async exported(device, averaged) {
      const tensors = await studioGanTensors(device.ops, sizes, averaged, seed);
      return { tensors, metadata: { arch: "studiogan-big-resnet", z_dim: `${latent}` } };
    },
  };
}

function start(name: string): Start {
  if (name.endsWith(".bias")) return { kind: "constant", value: 0 };
  if (/^(bn4|encoder\.norm\d)\.weight$/.test(name)) return { kind: "constant", value: 1 };
  if (name === "encoder.precision.weight") return { kind: "uniform", gain: 0.1 };
  return { kind: "uniform", gain: name === "shared.weight" ? 3 : 1 };
}

/** Nats from the prior, summed over images. */
function divergence(mean: Float32Array, s: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < mean.length; i++) {
    const precision = 1 + (s[i] as number) * (s[i] as number);
    sum += (mean[i] as number) ** 2 + 1 / precision + exactLog(precision) - 1;
  }
  return sum / 2;
}

function meanSize(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += Math.abs(value);
  return sum / values.length;
}
