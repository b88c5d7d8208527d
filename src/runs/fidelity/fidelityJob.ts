import type { Benchmark } from "../../data/benchmark.ts";
import { type ImageSet, pick } from "../../data/imageSet.ts";
import { inSlices, type Pace } from "../../detection/evaluation/slices.ts";
import type { DenseKernels } from "../../engine/dense/kernels.ts";
import type { Engine } from "../../engine/network.ts";
import type { ImageOps } from "../../engine/ops/imageOps.ts";
import type { GeneratorContext } from "../../generators/generator.ts";
import { createGenerator } from "../../generators/registry.ts";
import { type FeatureSet, featureSet } from "../../metrics/fidelity/features.ts";
import { type MeasureOptions, measure, usualOptions } from "../../metrics/fidelity/measures.ts";
import { Stream } from "../../random/stream.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { FidelityProtocol, FidelityRecord } from "../../study/fidelity.ts";
import type { Control } from "../control.ts";
import { imageProgress } from "../evaluation/imageProgress.ts";
import type { Emit } from "../events.ts";
import { argmaxRows } from "../labels/pseudoLabels.ts";
import { loadPool } from "../pools/openPool.ts";
import { poolId } from "../pools/poolRecord.ts";
import { stoppable } from "../stopping.ts";
import { type FeatureNetwork, openClassifierFeatures, openInceptionFeatures } from "./featureNetworks.ts";
import { keepFidelity } from "./fidelityRecords.ts";
import type { FidelityRequest } from "./fidelityRequest.ts";
import { accuracyScore, finishedCells, usualBaseline } from "./finishedCells.ts";

/** Most images of either side where nobody says how many. */
const MOST_IMAGES = 10_000;

export interface FidelityJob {
  readonly request: FidelityRequest;
  readonly benchmark: Benchmark;
  readonly generators: GeneratorContext;
  readonly engine: () => Promise<Engine>;
  readonly ops: () => Promise<ImageOps>;
  readonly kernels: DenseKernels;
  readonly control: Control;
  readonly emit: Emit;
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Compares a pool with real images of its benchmark, keeps the report and returns it. Rejects with "stopped" when the
 * control says so, "no-baseline" or "labeller-missing" without a classifier, "too-few-images" where N does not fit.
 */
export async function compareWithReal(job: FidelityJob): Promise<FidelityRecord> {
  const { request, benchmark, generators, control, emit } = job;
  const { store } = generators;
  const finished = await finishedCells(store, benchmark.info.id);
  const reference = referenceOf(request, benchmark);
  const realImages = await benchmark.load(reference);
  const n = imagesPerSide(request, realImages.count, reference);
  const pool = await loadPool(generators, benchmark, { ...request.pool, size: n });
  const generator = await createGenerator(request.pool.generator, benchmark, generators);
  const pace: Pace = { ...stoppable(control, "The comparison with real images"), turn: job.turn };
  const used = someOf(realImages, 2 * n, request.seed);
  const network = await openNetwork(job, finished);
  const progress = imageProgress(emit);
  const total = used.count + pool.count;
  let real: Features;
  let fake: Features;
  try {
    real = await featuresOf(network, used, pace, (done) => progress(done, total));
    fake = await featuresOf(network, pool, pace, (done) => progress(used.count + done, total));
  } finally {
    network.dispose();
  }
  const options: MeasureOptions = { name: network.name, ...usualOptions(n, request.seed) };
  const measures = await measure(real.features, fake.features, options, job.kernels, pauseOf(pace));
  const score = accuracyScore(finished, request.pool.generator);
  const cas =
    score === null
      ? "No classification accuracy score: no cell with α = 0 of this generator has finished."
      : `Classification accuracy score: of ${score.cells.join(", ")}.`;
  const { k, kidSubsets, kidSubsetSize, seed } = options;
  const protocol: FidelityProtocol = {
    ...network.protocol,
    n,
    reference,
    k,
    kidSubsets,
    kidSubsetSize,
    seed,
  };
  return keepFidelity(store, {
    benchmark: benchmark.info.id,
    generator: request.pool.generator,
    pool: poolId(request.pool, generator.fingerprint),
    made: new Date().toISOString(),
    report: {
      protocol,
      ...measures,
      cas: score?.cas ?? null,
      labelAccuracy: labelAccuracy(fake.predicted, pool),
      notes: [...measures.notes, cas],
    },
  });
}

/** At most `count` images, by the seed: sets from folders are in the order of their classes. */
function someOf(set: ImageSet, count: number, seed: number): ImageSet {
  if (set.count <= count) return set;
  return pick(set, new Stream(seed, "reference-images").permutation(set.count).subarray(0, count).sort());
}

function referenceOf({ reference, features }: FidelityRequest, { info }: Benchmark): string {
  const role = features.kind === "inception" ? "train" : "test";
  const usual = info.sets.find((set) => set.group === "id" && set.role === role);
  const name = reference ?? usual?.name;
  const set = info.sets.find((other) => other.name === name && other.group === "id");
  if (set !== undefined) return set.name;
  const known = info.sets.flatMap((other) => (other.group === "id" ? [other.name] : [])).join(", ");
  throw new WorkbenchError("no-reference", `${info.title} has no ID set "${name}" to compare with; it has ${known}.`);
}

function imagesPerSide({ n, pool }: FidelityRequest, real: number, reference: string): number {
  const most = Math.min(real, pool.size);
  const wanted = n ?? Math.min(most, MOST_IMAGES);
  if (wanted >= 10 && wanted <= most) return wanted;
  throw new WorkbenchError(
    "too-few-images",
    `${wanted} images of either side were asked for; "${reference}" has ${real} and the pool ${pool.size}, and fewer than 10 tell nothing.`,
  );
}

async function openNetwork(
  { request: { features }, benchmark, generators, engine, ops }: FidelityJob,
  finished: Awaited<ReturnType<typeof finishedCells>>,
): Promise<FeatureNetwork> {
  if (features.kind === "inception") return openInceptionFeatures(features.file, features.resizer, await ops());
  const spec = features.network ?? {
    kind: "cell" as const,
    id: usualBaseline(finished, benchmark.info.id).cell.id,
  };
  return openClassifierFeatures(generators, spec, benchmark, await engine());
}

interface Features {
  readonly features: FeatureSet;
  /** Class of each image; null where the network has none. */
  readonly predicted: Int32Array | null;
}

async function featuresOf(
  network: FeatureNetwork,
  set: ImageSet,
  pace: Pace,
  progressed: (done: number) => void,
): Promise<Features> {
  const { featureDim } = network.protocol;
  const rows = new Float32Array(set.count * featureDim);
  const predicted = network.classes === null ? null : new Int32Array(set.count);
  function* pieces(): Generator<() => Promise<void>> {
    for (let first = 0; first < set.count; first += network.batch) {
      yield async () => {
        const count = Math.min(network.batch, set.count - first);
        const { features, logits } = await network.forward(set, first, count);
        rows.set(features, first * featureDim);
        if (logits !== null) predicted?.set(argmaxRows(logits, network.classes ?? 0), first);
        progressed(first + count);
      };
    }
  }
  await inSlices(pieces(), pace);
  return { features: featureSet(rows, featureDim), predicted };
}

function labelAccuracy(predicted: Int32Array | null, { labels, count }: ImageSet): number | null {
  if (predicted === null) return null;
  let right = 0;
  for (let i = 0; i < count; i++) if (predicted[i] === labels[i]) right++;
  return right / count;
}

function pauseOf({ breathe, signal }: Pace): () => Promise<void> {
  return async () => {
    await breathe?.();
    signal?.throwIfAborted();
  };
}
