import { CheckpointError } from "../../../checkpoints/checkpointError.ts";
import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import type { SamplingSettings } from "../../../study/generatorRecord.ts";
import { type ExpectedKey, readFloats } from "../keys.ts";
import { spectralNorm, storedNormError } from "../spectralNorm.ts";
import type { HostWeights } from "./layOut.ts";
import {
  type AttentionPlan,
  type BlockPlan,
  type NormPlan,
  normsOf,
  type ResidualPlan,
  type WeightPlan,
} from "./plan.ts";
import { planKeys, vectorNames, weightKeys, weightName } from "./planKeys.ts";

/**
 * Reads a checkpoint whose keys were checked, and divides the spectral norms out.
 * @throws CheckpointError where a spectral norm is 0
 */
export async function loadWeights(
  file: CheckpointFile,
  plan: ResidualPlan,
  mode: SamplingSettings["spectralNorm"],
): Promise<{ readonly host: HostWeights; readonly warnings: readonly string[] }> {
  const host = new Map<string, Float32Array>();
  const warnings: string[] = [];
  const keys = new Map(planKeys(plan).map((key) => [key.name, key]));
  const apart: { name: string; error: number }[] = [];
  const weights = weightsOf(plan);
  for (const weight of weights) {
    const read = (name: string) => readFloats(file, keys.get(name) as ExpectedKey, warnings);
    const kept = await read(weightName(weight.name, weight.form));
    host.set(weight.name, weight.form === "none" ? kept : await divided(weight, kept, read, mode, apart));
    for (const { name } of weightKeys(weight)) keys.delete(name);
    if (weight.bias) host.set(`${weight.name}.bias`, await readFloats(file, biasKey(weight), warnings));
  }
  for (const name of new Set(normsOf(plan).flatMap(({ unused }) => (unused ?? []).map((key) => key.name)))) {
    keys.delete(name);
  }
  for (const key of keys.values()) host.set(key.name, await readFloats(file, key, warnings));
  const normalised = weights.filter(({ form }) => form !== "none").length;
  if (apart.length > 0) warnings.push(apartWarning(apart, normalised, mode));
  return { host, warnings };
}

async function divided(
  weight: WeightPlan,
  kept: Float32Array,
  read: (name: string) => Promise<Float32Array>,
  mode: SamplingSettings["spectralNorm"],
  apart: { name: string; error: number }[],
): Promise<Float32Array> {
  const { name, shape, form } = weight;
  const vectors = vectorNames(name, form);
  const layer = {
    weight: kept,
    rows: shape[0] as number,
    u: await read(vectors?.u ?? `${name}.u0`),
    v: vectors === null ? null : await read(vectors.v),
  };
  const sigma = spectralNorm(layer, mode);
  if (sigma === 0) {
    throw new CheckpointError(
      `The spectral norm of ${name} is 0 in mode "${mode}": the weight cannot be divided by it.`,
    );
  }
  const error = storedNormError(layer);
  if (error !== null) apart.push({ name, error });
  return kept.map((value) => value / sigma);
}

function apartWarning(apart: { name: string; error: number }[], of: number, mode: string): string {
  const percent = (error: number) => `${(100 * error).toFixed(1)} %`;
  const listed = [...apart].sort((a, b) => b.error - a.error).slice(0, 5);
  const worst = listed.map(({ name, error }) => `${name} by ${percent(error)}`).join(", ");
  return (
    `The spectral norm that the file stores is more than 2 % from the converged one in ${apart.length} of ${of} weights: ` +
    `${worst}${apart.length > listed.length ? " …" : ""}. Images hang on the mode; this is "${mode}".`
  );
}

function biasKey({ name, shape }: WeightPlan): ExpectedKey {
  return { name: `${name}.bias`, shape: [shape[0] as number], kind: "parameter" };
}

/** Every matrix and kernel. */
export function weightsOf(plan: ResidualPlan): WeightPlan[] {
  const inStages = plan.stages.flatMap((stage) => (stage.kind === "block" ? ofBlock(stage) : ofAttention(stage)));
  return [plan.first, ...inStages, ...ofNorm(plan.lastNorm), plan.last];
}

function ofBlock({ branch, shortcut }: BlockPlan): WeightPlan[] {
  const inBranch = branch.flatMap(({ norm, convolution }) => [...ofNorm(norm), convolution]);
  return shortcut === null ? inBranch : [...inBranch, shortcut];
}

function ofAttention({ theta, phi, g, out }: AttentionPlan): WeightPlan[] {
  return [theta, phi, g, out];
}

function ofNorm({ affine }: NormPlan): WeightPlan[] {
  return affine.kind === "conditional" ? [affine.gain, affine.bias] : [];
}
