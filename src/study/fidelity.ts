/** How a comparison of two sets of images was made: without it, its numbers mean nothing. */
export interface FidelityProtocol {
  /** "inception": pytorch-fid's network, the only one whose distance is called FID. */
  readonly features: "inception" | "classifier" | "given";
  /** Name and hash of the network's file, or id of the cell whose network gave the features (real images only). */
  readonly network: string;
  readonly featureDim: number;
  /** Images of either side: always as many real as synthetic. */
  readonly n: number;
  readonly reference: string;
  /** How images came to the network's size: "bilinear (pytorch-fid)", "bicubic (clean-fid)", "none". */
  readonly resizer: string;
  /** Neighbours of precision, recall, density, coverage. */
  readonly k: number;
  readonly kidSubsets: number;
  readonly kidSubsetSize: number;
  readonly seed: number;
}

/** How a set of synthetic images compares with real ones. null = not computed, and `notes` says why. */
export interface FidelityReport {
  readonly protocol: FidelityProtocol;
  /** FID where protocol.features is "inception", else a Fréchet distance in other features. */
  readonly frechet: number;
  /** The same distance between two halves of the real images, each of `floorN`: what a perfect generator would get. */
  readonly floor: number | null;
  readonly floorN: number;
  /** Extrapolated to N → ∞ by a line over 1/N. */
  readonly frechetInfinity: number | null;
  /** Unbiased, mean and standard deviation over the subsets. */
  readonly kid: number;
  readonly kidStd: number;
  /** Shares, 0 … 1. */
  readonly precision: number;
  readonly recall: number;
  /** Mean count / k, may exceed 1. */
  readonly density: number;
  readonly coverage: number;
  /** Accuracy on real test images of a classifier that was trained on synthetic images alone. */
  readonly cas: number | null;
  /** Accuracy of a classifier trained on real images, on the synthetic images with their labels. */
  readonly labelAccuracy: number | null;
  readonly notes: readonly string[];
}

/** A report in storage. */
export interface FidelityRecord {
  readonly id: string;
  readonly benchmark: string;
  readonly generator: string;
  /** Pool that was looked at. */
  readonly pool: string;
  readonly made: string;
  readonly report: FidelityReport;
}
