import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { ImageOps, Value } from "../../../engine/ops/imageOps.ts";
import type { SamplingSettings } from "../../../study/generatorRecord.ts";
import type { GeneratorNetwork, SampleInput } from "../architecture.ts";
import { type ExpectedKey, readFloats } from "../keys.ts";
import { quantiseStudioGan } from "../residual/quantise.ts";
import type { StyleGan2Checkpoint } from "./checkpoint.ts";
import { mapping } from "./mapping.ts";
import { quantiseNvidia } from "./quantise.ts";
import { type StyleGanSizes, styleCount, styledLayers } from "./sizes.ts";
import { type NoiseOf, synthesis } from "./synthesis.ts";
import { truncation } from "./truncation.ts";
import { uploadStyleGan } from "./weights.ts";

/** Maps that one call may hold. */
const MAP_BYTES = 256 * 2 ** 20;

export async function loadStyleGan2(
  checkpoint: StyleGan2Checkpoint,
  ops: ImageOps,
  settings: SamplingSettings,
): Promise<GeneratorNetwork> {
  const { file, sizes, expected, options, origin, description } = checkpoint;
  const warnings: string[] = [];
  const keys = new Map(expected.map((key): [string, ExpectedKey] => [key.name, key]));
  const read = (name: string): Promise<Float32Array> => {
    const key = keys.get(name);
    if (!key) throw new RangeError(`A generator of these sizes has no ${name}.`);
    return readFloats(file, key, warnings);
  };
  const psi = settings.truncation;
  if (psi !== null && !file.tensors.has("mapping.w_avg")) {
    throw new CheckpointError("The file has no mapping.w_avg, which truncation needs: sample it without truncation.");
  }
  const weights = await uploadStyleGan(
    ops,
    sizes,
    { read, shape: (name) => file.tensors.get(name)?.shape ?? null },
    options,
  );
  const truncate = psi === null ? null : truncation(ops, await read("mapping.w_avg"), psi);
  const noise = await layerNoise(ops, sizes, settings.noise, read);
  warnings.push(...file.warnings);
  return {
    description,
    warnings,
    batch: Math.max(1, Math.min(32, Math.floor(MAP_BYTES / mapBytes(sizes)))),
    quantise: origin === "nvidia" ? quantiseNvidia : quantiseStudioGan,
    async sample(input) {
      const images = ops.scope(() => {
        const w = mapping(ops, weights.mapping, input.latents, input.labels, input.count);
        const style = truncate ? truncate.apply(w) : w;
        return synthesis(ops, weights.synthesis, Array(styleCount(sizes)).fill(style), noise.of(input));
      });
      try {
        return await ops.read(images);
      } finally {
        ops.free(images);
      }
    },
    dispose() {
      weights.dispose();
      truncate?.dispose();
      noise.dispose();
    },
  };
}

interface LayerNoise {
  of(input: Pick<SampleInput, "count" | "normals">): NoiseOf;
  dispose(): void;
}

const SILENT: NoiseOf = () => null;

/** The noise of each layer in one of StyleGAN2's three modes. A layer whose strength is 0 has none. */
async function layerNoise(
  ops: ImageOps,
  sizes: StyleGanSizes,
  mode: SamplingSettings["noise"],
  read: (name: string) => Promise<Float32Array>,
): Promise<LayerNoise> {
  if (mode === "none" || !sizes.noise) return { of: () => SILENT, dispose() {} };
  const strengths = new Map<string, number>();
  const constants = new Map<string, Value>();
  for (const b of sizes.blocks.keys()) {
    for (const { name, kind, resolution } of styledLayers(sizes, b)) {
      if (kind === "torgb") continue;
      const strength = (await read(`synthesis.${name}.noise_strength`))[0] as number;
      if (strength === 0) continue;
      strengths.set(name, strength);
      if (mode === "random") continue;
      const constant = (await read(`synthesis.${name}.noise_const`)).map((value) => value * strength);
      constants.set(name, ops.upload(constant, [1, 1, resolution, resolution]));
    }
  }
  const drawn =
    ({ count, normals }: Pick<SampleInput, "count" | "normals">): NoiseOf =>
    (layer, resolution) => {
      const strength = strengths.get(layer);
      if (strength === undefined) return null;
      const scaled = normals(layer, resolution ** 2).map((value) => value * strength);
      return ops.upload(scaled, [count, 1, resolution, resolution]);
    };
  return {
    of: mode === "random" ? drawn : () => (layer) => constants.get(layer) ?? null,
    dispose() {
      for (const constant of constants.values()) ops.free(constant);
    },
  };
}

/** Bytes of maps that live at once for one image: six of the largest. */
function mapBytes({ blocks }: StyleGanSizes): number {
  return 6 * Math.max(...blocks.map(({ width, resolution }) => 4 * width * resolution ** 2));
}
