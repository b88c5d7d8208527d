import type { ImageOps, Value } from "../../../engine/ops/imageOps.ts";
import { Stream } from "../../../random/stream.ts";
import type { BatchMoments, NormStatistics } from "../batchNorm.ts";
import { generate, type ResidualWeights } from "./forward.ts";
import { freeWeights, type HostWeights, layOut } from "./layOut.ts";
import { normsOf, type ResidualPlan } from "./plan.ts";

/** PyTorch's default, which the published code leaves as it is. */
const MOMENTUM = 0.1;

export interface StandingOptions {
  /** Batches that statistics are averaged over. */
  readonly batches: number;
  /** Each has a random size from 1 to this. */
  readonly largest: number;
  /** z of standard normals. */
  readonly latents: (normals: Float32Array) => Float32Array;
}

/**
 * Standing statistics, as StudioGAN's `-std_stat` makes them: running moments are reset to (0, 1) and then follow
 * training-mode passes over batches of random sizes with momentum 0.1, variances unbiased. Seeded: the same each time.
 */
export async function standingStatistics(
  ops: ImageOps,
  plan: ResidualPlan,
  host: HostWeights,
  options: StandingOptions,
): Promise<NormStatistics[]> {
  const running = normsOf(plan).map(({ channels }) => ({
    mean: new Float32Array(channels),
    variance: new Float32Array(channels).fill(1),
  }));
  const weights = layOut(ops, plan, host, "batch");
  try {
    for (let batch = 0; batch < options.batches; batch++) {
      const moments = await momentsOf(ops, plan, weights, batch, options);
      moments.forEach(({ mean, variance, count }, at) => {
        follow(running[at]?.mean, mean, 1);
        follow(running[at]?.variance, variance, count / (count - 1));
      });
    }
  } finally {
    freeWeights(ops, weights);
  }
  return running;
}

function follow(running: Float32Array | undefined, found: Float32Array, correction: number): void {
  running?.forEach((value, c) => {
    running[c] = (1 - MOMENTUM) * value + MOMENTUM * correction * (found[c] as number);
  });
}

async function momentsOf(
  ops: ImageOps,
  plan: ResidualPlan,
  weights: ResidualWeights,
  batch: number,
  { largest, latents }: StandingOptions,
): Promise<{ mean: Float32Array; variance: Float32Array; count: number }[]> {
  const draw = new Stream(0, "standing-statistics", batch);
  const count = 1 + draw.int(largest);
  const z = latents(Float32Array.from({ length: count * plan.latent }, () => draw.normal()));
  const { classes } = plan;
  const labels = classes === null ? null : Int32Array.from({ length: count }, () => draw.int(classes));
  const moments: BatchMoments[] = [];
  const values = ops.scope((): readonly Value[] => {
    const inputs = uploadInputs(ops, plan, z, labels);
    generate(ops, weights, inputs.z, inputs.labels, (made) => moments.push(made));
    return moments.flatMap(({ mean, variance }) => [mean, variance]);
  });
  const numbers = await Promise.all(values.map((value) => ops.read(value)));
  for (const value of values) ops.free(value);
  return moments.map((made, at) => ({
    mean: numbers[2 * at] as Float32Array,
    variance: numbers[2 * at + 1] as Float32Array,
    count: made.count,
  }));
}

/** z [n, latent] and classes [n] as what {@link generate} takes. @throws RangeError where a class is none of the network's */
export function uploadInputs(
  ops: ImageOps,
  { latent, classes }: ResidualPlan,
  z: Float32Array,
  labels: Int32Array | null,
): { z: Value; labels: Value | null } {
  const count = z.length / latent;
  const uploaded = ops.upload(z, [count, latent, 1, 1]);
  if (classes === null) return { z: uploaded, labels: null };
  if (labels === null) throw new RangeError(`This generator is conditioned on ${classes} classes: labels are needed.`);
  const oneHot = new Float32Array(count * classes);
  for (let i = 0; i < count; i++) {
    const label = labels[i] as number;
    if (!(label >= 0 && label < classes))
      throw new RangeError(`Class ${label} of a generator with ${classes} classes.`);
    oneHot[i * classes + label] = 1;
  }
  return { z: uploaded, labels: ops.upload(oneHot, [count, classes, 1, 1]) };
}
