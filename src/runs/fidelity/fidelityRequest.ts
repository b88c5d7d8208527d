import type { ResizerName } from "../../metrics/fidelity/inception/resizers.ts";
import type { LabellerSpec } from "../../study/generatorRecord.ts";
import type { PoolSpec } from "../../study/pool.ts";

/** What looks at the images. */
export type FeatureChoice =
  /**
   * The penultimate features of a classifier that learned from real images of this benchmark alone. The distance in
   * them is never called FID.
   *
   * `network`: null = of the finished baseline cells the one of lowest seed, those that converged first
   */
  | { readonly kind: "classifier"; readonly network: LabellerSpec | null }
  /** pytorch-fid's Inception-v3, from a file of the user's. */
  | { readonly kind: "inception"; readonly file: InceptionUpload; readonly resizer: ResizerName };

export interface InceptionUpload {
  readonly name: string;
  readonly blob: Blob;
}

/** Which pool is compared with which real images, and by what. */
export interface FidelityRequest {
  /** A pool that is filled; its first `n` images are looked at. */
  readonly pool: PoolSpec;
  readonly features: FeatureChoice;
  /** Images of either side; null = as many as there are on both, at most 10,000. */
  readonly n: number | null;
  /**
   * Set of the benchmark that is the reference; null = the train set for Inception, the ID test set for a classifier,
   * which tells the images it was trained on from all others, real ones too.
   */
  readonly reference: string | null;
  readonly seed: number;
}
