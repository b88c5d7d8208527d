import type { BenchmarkInfo, SetInfo } from "../../data/benchmark.ts";
import { WorkbenchError } from "../../study/errors.ts";
import { imagesOf } from "./evaluate.ts";
import { CACHE_BYTES, CHUNK_ROWS, type FeatureDtype } from "./featureChunks.ts";
import { windowOf } from "./imageRuns.ts";

/** auto: float32, or float16 where float32 would take more than AUTO_SHARE of the free storage. */
export type FeatureDtypeChoice = FeatureDtype | "auto";

const AUTO_SHARE = 0.6;

/** What one evaluation takes. */
export interface EvaluationPlan {
  readonly dtype: FeatureDtype;
  /** Images through the network, once each. */
  readonly forwardImages: number;
  /** In storage. */
  readonly cacheBytes: number;
  /** In memory at the worst moment, beside the network: the pass, or a detector that is fitted on the train features. */
  readonly residentBytes: number;
}

/** Plans the evaluation of a classifier with `featureDim` features on a benchmark, trained on `trainCount` images. */
export function planEvaluation(
  { sets, height }: Pick<BenchmarkInfo, "sets" | "height">,
  featureDim: number,
  classes: number,
  trainCount: number | null,
  dtype: FeatureDtype,
): EvaluationPlan {
  const counts = sets.map((set) => imagesOf(set, trainCount));
  const images = counts.reduce((sum, count) => sum + count, 0);
  const largest = Math.max(0, ...counts);
  // Labels and logits of every set stay in memory in both phases.
  const small = images * (1 + classes) * 4;
  const row = featureDim * 4;
  const chunk = Math.min(largest, CHUNK_ROWS) * row;
  const window = windowOf(largest, height) * height * height * 3;
  // The chunk on its way and the store's copy of it.
  const pass = window + 2 * chunk;
  // The train features for `fit`, what a kernel keeps of them, the decoded chunks.
  const scoring = 2 * trainImages(sets, trainCount) * row + CACHE_BYTES;
  return {
    dtype,
    forwardImages: images,
    cacheBytes: small + images * featureDim * (dtype === "float32" ? 4 : 2) + classes * (featureDim + 1) * 4,
    residentBytes: small + Math.max(pass, scoring),
  };
}

function trainImages(sets: readonly SetInfo[], trainCount: number | null): number {
  return sets.reduce((sum, set) => sum + (set.role === "train" ? imagesOf(set, trainCount) : 0), 0);
}

/**
 * How the features of an evaluation are kept, and a sentence where the choice was not the default.
 * Throws "no-room" with the numbers where it does not fit into the storage.
 *
 * @param plan of a type, planEvaluation
 * @param free bytes of storage left; null where the platform does not say
 */
export function chooseFeatureDtype(
  choice: FeatureDtypeChoice,
  plan: (dtype: FeatureDtype) => EvaluationPlan,
  free: number | null,
): { readonly plan: EvaluationPlan; readonly notice: string | null } {
  const single = plan("float32");
  const half = plan("float16");
  if (free === null) return { plan: choice === "float16" ? half : single, notice: null };
  const halved = choice === "float16" || (choice === "auto" && single.cacheBytes > AUTO_SHARE * free);
  const chosen = halved ? half : single;
  if (chosen.cacheBytes > free) throw noRoom(chosen, half, free);
  const notice =
    halved && choice === "auto"
      ? `Features are kept as float16 (${mega(half)}): as float32 they would take ${mega(single)} of the ${mega(free)} that storage has left.`
      : null;
  return { plan: chosen, notice };
}

function noRoom(wanted: EvaluationPlan, half: EvaluationPlan, free: number): WorkbenchError {
  const advice =
    wanted.dtype === "float32" && half.cacheBytes <= free
      ? `As float16 they would take ${mega(half)}: choose float16 features.`
      : "Delete pools, datasets or cells that are not needed any more.";
  return new WorkbenchError(
    "no-room",
    `The features and logits of ${wanted.forwardImages} images take ${mega(wanted)} as ${wanted.dtype}; storage has ${mega(free)} left. ${advice}`,
  );
}

function mega(size: EvaluationPlan | number): string {
  const bytes = typeof size === "number" ? size : size.cacheBytes;
  return `${(Math.max(0, bytes) / 1e6).toFixed(0)} MB`;
}
