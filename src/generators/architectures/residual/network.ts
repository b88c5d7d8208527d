import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import type { ImageOps, Value } from "../../../engine/ops/imageOps.ts";
import type { GeneratorDescription, SamplingSettings } from "../../../study/generatorRecord.ts";
import type { GeneratorNetwork, SampleInput } from "../architecture.ts";
import { type NormStatistics, tabulated } from "../batchNorm.ts";
import { generate, type ResidualWeights } from "./forward.ts";
import { freeWeights, type HostWeights, layOut } from "./layOut.ts";
import { loadWeights } from "./load.ts";
import { normsOf, type ResidualPlan } from "./plan.ts";
import { planBatch } from "./planCost.ts";
import type { ResidualFamily } from "./residualFamily.ts";
import { standingStatistics, uploadInputs } from "./standing.ts";

/** Batches that standing statistics are averaged over, and the most images in one; momentum 0.1 forgets all but 30. */
const STANDING = { batches: 64, largest: 64 };

/** Reads the tensors, takes the statistics that `settings` asks for, and lays the network out. */
export async function loadNetwork(
  ops: ImageOps,
  file: CheckpointFile,
  plan: ResidualPlan,
  family: ResidualFamily,
  description: GeneratorDescription,
  settings: SamplingSettings,
  standing: { batches: number; largest: number } = STANDING,
): Promise<ResidualNetwork> {
  const { host, warnings } = await loadWeights(file, plan, settings.spectralNorm);
  const latents = (normals: Float32Array) => family.latents(normals, settings.truncation);
  const found = [...warnings];
  let statistics: readonly NormStatistics[] | "batch" = "batch";
  if (settings.batchNorm === "stored") statistics = storedStatistics(plan, host, settings.truncation ?? 1);
  if (settings.batchNorm === "standing") {
    const drawn = family.standingTruncated ? latents : (normals: Float32Array) => normals;
    statistics = await standingStatistics(ops, plan, host, { ...standing, latents: drawn });
  }
  if (statistics === "batch") {
    found.push("Batch norm takes the statistics of each batch: an image depends on those it is drawn with.");
  }
  return new ResidualNetwork(ops, plan, layOut(ops, plan, host, statistics), family, latents, description, found);
}

function storedStatistics(plan: ResidualPlan, host: HostWeights, truncation: number): NormStatistics[] {
  return normsOf(plan).map(({ mean, variance, rows }) => {
    const [means, variances] = [mean, variance].map((name) => host.get(name) as Float32Array);
    if (means === undefined || variances === undefined) throw new Error(`${mean} was not read.`);
    if (rows === null) return { mean: means, variance: variances };
    return { mean: tabulated(means, rows, truncation), variance: tabulated(variances, rows, truncation) };
  });
}

/** A residual generator on a device. */
export class ResidualNetwork implements GeneratorNetwork {
  readonly batch: number;

  constructor(
    private readonly ops: ImageOps,
    private readonly plan: ResidualPlan,
    private readonly weights: ResidualWeights,
    private readonly family: ResidualFamily,
    private readonly latents: (normals: Float32Array) => Float32Array,
    readonly description: GeneratorDescription,
    readonly warnings: readonly string[],
  ) {
    this.batch = planBatch(plan);
  }

  sample({ latents, labels }: SampleInput): Promise<Float32Array> {
    return this.images(this.latents(latents), labels);
  }

  /** Images [n, 3, r, r] of z [n, latent] as it stands, truncation done. */
  async images(z: Float32Array, labels: Int32Array | null): Promise<Float32Array> {
    const { ops, plan, weights } = this;
    const value = ops.scope((): Value => {
      const inputs = uploadInputs(ops, plan, z, labels);
      return generate(ops, weights, inputs.z, inputs.labels);
    });
    try {
      return await ops.read(value);
    } finally {
      ops.free(value);
    }
  }

  quantise(images: Float32Array): Uint8Array {
    return this.family.quantise(images);
  }

  dispose(): void {
    freeWeights(this.ops, this.weights);
  }
}
