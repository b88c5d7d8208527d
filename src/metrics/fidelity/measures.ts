import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { Stream } from "../../random/stream.ts";
import type { FidelityReport } from "../../study/fidelity.ts";
import { extrapolatedFrechet } from "./extrapolated.ts";
import { checkDims, type FeatureSet, noPause, type Pause, pickRows } from "./features.ts";
import { frechetDistance } from "./frechet.ts";
import { KID_SUBSET_SIZE, KID_SUBSETS, kernelDistance, kidSubsets } from "./kid.ts";
import { NEIGHBOURS, neighbourhoods } from "./neighbourhoods.ts";

/** Below so many images a Fréchet distance is mostly its own bias in 2,048 features; papers take 50,000. */
export const SMALL_N = 10_000;

export interface MeasureOptions {
  /** What the distance is called: "FID" only for Inception's features. */
  readonly name: "FID" | "Fréchet distance";
  readonly k: number;
  readonly kidSubsets: number;
  readonly kidSubsetSize: number;
  readonly seed: number;
}

/** The numbers of a report that come from features alone. */
export type Measures = Omit<FidelityReport, "protocol" | "cas" | "labelAccuracy">;

/** What is usual, as far as n images allow it: KID's subsets have at most half of them, so that they differ. */
export function usualOptions(n: number, seed: number): Omit<MeasureOptions, "name"> {
  const kidSubsetSize = Math.min(KID_SUBSET_SIZE, Math.max(2, Math.floor(n / 2)));
  return { k: Math.min(NEIGHBOURS, n - 1), kidSubsets: KID_SUBSETS, kidSubsetSize, seed };
}

/**
 * Compares synthetic with real features, as many real as synthetic ones: a subset by the seed where there are more.
 *
 * @param real all real images that may be used; those beyond fake.count lengthen the halves of the floor
 * @param progressed work done, as a share of all
 * @throws RangeError where there are fewer real than synthetic images, or too few for k neighbours or KID's subsets
 */
export async function measure(
  real: FeatureSet,
  fake: FeatureSet,
  options: MeasureOptions,
  kernels: DenseKernels,
  pause: Pause = noPause,
  progressed: (share: number) => void = () => {},
): Promise<Measures> {
  checkDims(real, fake);
  const { name, seed } = options;
  const n = fake.count;
  if (real.count < n) throw new RangeError(`There are ${real.count} real and ${n} synthetic images: N must be equal.`);
  const subsets = kidSubsets(n, n, options.kidSubsets, options.kidSubsetSize, seed);
  const same = real.count === n ? real : pickRows(real, sortedSubset(real.count, n, seed));
  const notes: string[] = [];
  const frechet = await frechetDistance(same, fake, kernels, pause);
  progressed(0.1);
  const line = await extrapolatedFrechet(same, fake, frechet, seed, kernels, pause);
  progressed(0.55);
  const floor = await floorOf(real, n, seed, kernels, pause);
  progressed(0.65);
  const kid = await kernelDistance(same, fake, subsets, kernels, pause);
  progressed(0.85);
  const shares = await neighbourhoods(same, fake, options.k, kernels, pause);
  progressed(1);
  if (n < SMALL_N) {
    notes.push(
      `A ${name} of only ${count(n)} images is too large by its bias, which the number of images alone makes: compare it with others of the same N and with the floor, or compare KID, which has no bias.`,
    );
  }
  if (line === null) {
    notes.push(
      `Not extrapolated to N = ∞: ${count(n)} images are too few for a line over 1/N in ${count(real.dim)} features.`,
    );
  } else if (n < 2 * real.dim) {
    notes.push(`The value at N = ∞ is rough: there are fewer than twice as many images as features.`);
  }
  if (floor === null) notes.push("No real–real floor: it takes at least 4 real images.");
  else if (floor.n < n) {
    notes.push(
      `The floor is that of two halves of ${count(floor.n)} real images, so it is larger than one of ${count(n)} would be.`,
    );
  }
  return {
    frechet,
    floor: floor?.frechet ?? null,
    floorN: floor?.n ?? 0,
    frechetInfinity: line?.value ?? null,
    kid: kid.kid,
    kidStd: kid.std,
    ...shares,
    notes,
  };
}

/** What a perfect generator would get: the distance of two disjoint sets of real images, of n each if there are 2n. */
async function floorOf(
  real: FeatureSet,
  n: number,
  seed: number,
  kernels: DenseKernels,
  pause: Pause,
): Promise<{ frechet: number; n: number } | null> {
  const half = Math.min(n, Math.floor(real.count / 2));
  if (half < 2) return null;
  const order = new Stream(seed, "floor").permutation(real.count);
  const [a, b] = [pickRows(real, order.subarray(0, half)), pickRows(real, order.subarray(half, 2 * half))];
  return { frechet: await frechetDistance(a, b, kernels, pause), n: half };
}

function sortedSubset(count: number, n: number, seed: number): Uint32Array {
  return new Stream(seed, "reference").permutation(count).subarray(0, n).sort();
}

function count(n: number): string {
  return n.toLocaleString("en-US");
}
