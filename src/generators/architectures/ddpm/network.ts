import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { ImageOps } from "../../../engine/ops/imageOps.ts";
import type { SamplingSettings } from "../../../study/generatorRecord.ts";
import type { GeneratorNetwork, SampleInput } from "../architecture.ts";
import { readFloats } from "../keys.ts";
import { quantiseStudioGan } from "../residual/quantise.ts";
import type { DdpmCheckpoint } from "./checkpoint.ts";
import { expectedKeys } from "./deriveSizes.ts";
import { type Quantisation, quantiseDiffusers, quantisePesser } from "./quantise.ts";
import { sampleDiffusion } from "./sampler.ts";
import { timesteps } from "./schedule.ts";
import { unetTensors } from "./sizes.ts";
import { unet } from "./unet.ts";
import { type UploadedUNet, uploadUNet } from "./unetWeights.ts";

/** w86763777 saves images through torchvision, whose rounding is StudioGAN's. */
const QUANTISATION: Readonly<Record<DdpmCheckpoint["dialect"]["id"], Quantisation>> = {
  pesser: quantisePesser,
  diffusers: quantiseDiffusers,
  "diffusers-old": quantiseDiffusers,
  w86763777: quantiseStudioGan,
};

/** Maps that one call may hold: skips of all levels, and what a residual block needs. */
const MAP_BYTES = 256 * 2 ** 20;

export async function loadDdpm(
  checkpoint: DdpmCheckpoint,
  ops: ImageOps,
  settings: SamplingSettings,
): Promise<GeneratorNetwork> {
  const { file, dialect, diffusion, resolution, description } = checkpoint;
  const { schedule, clipRange, offset } = diffusion;
  const { sampler, steps, spacing, eta, clip, variance } = settings;
  if (!(eta >= 0 && eta <= 1)) throw new RangeError(`η of DDIM lies in 0 … 1, not ${eta}.`);
  const chosen = timesteps(schedule.betas.length, steps, spacing, offset);
  const warnings: string[] = [];
  const weights = await loadUNet(checkpoint, ops, warnings);
  warnings.push(...file.warnings);
  const options = {
    sampler,
    timesteps: chosen,
    eta,
    clip: clip ? clipRange : null,
    variance,
    noise: "predicted",
  } as const;
  return {
    description,
    warnings,
    batch: Math.max(1, Math.min(64, Math.floor(MAP_BYTES / (mapBytes(checkpoint) + 1)))),
    quantise: QUANTISATION[dialect.id],
    sample: (input) => {
      const { normals, onStep } = input;
      return sampleDiffusion(schedule, options, startOf(input, description.latentSize), {
        predict: (x, t) => predictNoise(ops, weights, x, [input.count, 3, resolution, resolution], t),
        normals: (step) => normals(`step/${step}`, description.latentSize),
        ...(onStep ? { onStep } : {}),
      });
    },
    dispose: () => weights.dispose(),
  };
}

/** @param warnings gets a sentence for each tensor that holds NaN or infinite numbers */
export async function loadUNet(checkpoint: DdpmCheckpoint, ops: ImageOps, warnings: string[]): Promise<UploadedUNet> {
  const { file, dialect, sizes, embedding } = checkpoint;
  const expected = expectedKeys(dialect, sizes);
  const keys = new Map([...unetTensors(sizes).keys()].map((name, i) => [name, expected[i]]));
  const tensor = (name: string): Promise<Float32Array> => {
    const key = keys.get(name);
    if (!key) throw new RangeError(`A UNet of these sizes has no ${name}.`);
    return readFloats(file, key, warnings);
  };
  const table = dialect.id === "w86763777" ? await readTable(checkpoint, warnings) : null;
  return uploadUNet(ops, sizes, tensor, table ? { table } : embedding);
}

async function predictNoise(
  ops: ImageOps,
  weights: UploadedUNet,
  x: Float32Array,
  shape: readonly [number, number, number, number],
  timestep: number,
): Promise<Float32Array> {
  const epsilon = ops.scope(() => unet(ops, weights, ops.upload(x, shape), [timestep]));
  try {
    return await ops.read(epsilon);
  } finally {
    ops.free(epsilon);
  }
}

function startOf({ latents, count }: SampleInput, size: number): Float32Array {
  if (latents.length !== count * size)
    throw new RangeError(`${count} images start from ${count * size} numbers, not ${latents.length}.`);
  return latents;
}

async function readTable(
  { file, dialect, diffusion, sizes }: DdpmCheckpoint,
  warnings: string[],
): Promise<Float32Array> {
  const rows = file.tensors.get(dialect.mark)?.shape[0] ?? 0;
  const needed = diffusion.schedule.betas.length;
  if (rows < needed)
    throw new CheckpointError(`${dialect.mark} has embeddings of ${rows} timesteps; the schedule has ${needed}.`);
  return readFloats(file, { name: dialect.mark, shape: [rows, sizes.channels], kind: "buffer" }, warnings);
}

/** Bytes of maps that live at once for one image: the skips, and four maps of the widest block. */
function mapBytes({ sizes, resolution }: DdpmCheckpoint): number {
  let bytes = 0;
  let largest = 0;
  sizes.levels.forEach(({ width }, l) => {
    const map = 4 * width * (resolution / 2 ** l) ** 2;
    bytes += map * (sizes.blocks + 1);
    largest = Math.max(largest, 2 * map);
  });
  return bytes + 4 * largest;
}
