import { Stream } from "../../random/stream.ts";
import { betas, diffusionSchedule } from "../architectures/ddpm/schedule.ts";
import { type UNetSizes, unetTensors } from "../architectures/ddpm/sizes.ts";
import { unet } from "../architectures/ddpm/unet.ts";
import { uploadUNet } from "../architectures/ddpm/unetWeights.ts";
import { differentiate, type TrainingDevice } from "./differentiate.ts";
import { dataOf, type Parameters, type Start, startParameters } from "./parameters.ts";
import { batchIndices, gather, type RealImages } from "./realImages.ts";
import type { Recipe } from "./recipe.ts";

const STEPS = 1000;

/** A UNet of Ho et al. for 32 × 32 pixels, `channels` wide at the top: three levels (1, 2, 2), one block each. */
export function smallUNet(channels: number): UNetSizes {
  const level = (factor: number) => ({ width: factor * channels, attentionDown: false, attentionUp: false });
  return {
    channels,
    timeWidth: 4 * channels,
    blocks: 1,
    levels: [level(1), level(2), level(2)],
    // Two channels a group at least: a group of one would lose its channel's scale.
    groups: Math.min(8, channels / 2),
    eps: 1e-6,
    headWidth: null,
    downPadding: "after",
  };
}

/**
 * Denoising diffusion (Ho et al. 2020): the network predicts the noise ε in √ᾱ x + √(1 − ᾱ) ε, mean squared error,
 * timesteps uniform, linear schedule of 1,000 steps, unconditional. No augmentation: a mirrored L is no L.
 */
export function ddpmRecipe(images: RealImages, sizes: UNetSizes, batch: number, seed: number): Recipe {
  const schedule = diffusionSchedule(betas("linear", 1e-4, 0.02, STEPS));
  const parameters = startParameters(unetTensors(sizes), seed, start);
  const perImage = images.pixels.length / images.count;

  /** Noisy images, their noise and timesteps. */
  function draw(step: number): { noisy: Float32Array; noise: Float32Array; timesteps: number[] } {
    const indices = batchIndices(images.count, batch, step, (epoch) => new Stream(seed, "ddpm/epoch", epoch));
    const noisy = gather(images, indices);
    const stream = new Stream(seed, "ddpm/noise", step);
    const timesteps = Array.from({ length: batch }, () => stream.int(STEPS));
    const noise = Float32Array.from({ length: noisy.length }, () => stream.normal());
    for (let i = 0; i < noisy.length; i++) {
      const kept = schedule.alphasCumprod[timesteps[Math.floor(i / perImage)] as number] as number;
      noisy[i] = Math.sqrt(kept) * (noisy[i] as number) + Math.sqrt(1 - kept) * (noise[i] as number);
    }
    return { noisy, noise, timesteps };
  }

  async function gradients(device: TrainingDevice, step: number) {
    const { noisy, noise, timesteps } = draw(step);
    const shape = [batch, 3, images.side, images.side] as const;
    const negative = noise.map((value) => -value);
    const result = await differentiate(device, parameters, async (tape) => {
      const weights = await uploadUNet(tape, sizes, async (name) => dataOf(parameters, name));
      return () => {
        const predicted = unet(tape, weights, tape.upload(noisy, shape), timesteps);
        const difference = device.ops.add(predicted, device.ops.upload(negative, shape));
        const slope = device.ops.activate(difference, { kind: "linear", gain: 2 / noise.length });
        return { seeds: [[predicted, slope]], outputs: [difference] };
      };
    });
    return { losses: { noise: meanSquare(result.outputs[0] as Float32Array) }, gradients: result.gradients };
  }

  return {
    kind: "ddpm",
    description:
      `Denoising diffusion (Ho et al. 2020), noise prediction, 1,000 linear steps; UNet of ${sizes.channels} channels, ` +
      `levels of ${sizes.levels.map(({ width }) => width).join("-")}, one block each`,
    parameters,
    adam: { beta1: 0.9, beta2: 0.99, eps: 1e-8 },
    learningRate: 2e-3,
    clip: 1,
    averageDecay: 0.998,
    batch,
    gradients,
    async exported(_device, averaged: Parameters) {
      return { tensors: averaged, metadata: { arch: "ddpm-unet", norm_groups: `${sizes.groups}` } };
    },
  };
}

/** Ho et al.: residual branches begin at 0, the rest evenly spread. */
function start(name: string): Start {
  if (name.endsWith(".bias")) return { kind: "constant", value: 0 };
  if (/norm\w*\.weight$/.test(name)) return { kind: "constant", value: 1 };
  const last = /(conv2|proj_out|conv_out)\.weight$/.test(name);
  return { kind: "uniform", gain: last ? 1e-5 : 1 };
}

function meanSquare(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum / values.length;
}
