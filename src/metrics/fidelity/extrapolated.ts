import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { Stream } from "../../random/stream.ts";
import { type FeatureSet, noPause, type Pause, pickRows } from "./features.ts";
import { frechetDistance } from "./frechet.ts";

/** Shares of the images that the line goes through, the last being all of them. */
const SHARES = [0.5, 0.6, 0.7, 0.8, 0.9] as const;

/** Images below which a line through halves of them says nothing. */
const FEWEST = 20;

/** A Fréchet distance freed of the share that comes from the number of images alone. */
export interface Extrapolation {
  /** Where the line over 1/N ends at N = ∞. */
  readonly value: number;
  readonly points: readonly { readonly n: number; readonly frechet: number }[];
}

/**
 * Extrapolated Fréchet distance (Chong and Forsyth 2020): the distance's bias falls as 1/N, so a least-squares line
 * through distances of random subsets, over 1/N, is read off at 0. Here both sides shrink together, as a distance of
 * equal N has the bias of both; subsets are drawn without replacement, by the seed.
 *
 * null where there are fewer images than features: there the bias need not fall as 1/N. (Gaussians with flat and with
 * falling spectra, 1,000 images: the line ends within its scatter at the truth up to 512 features; docs/fidelity.md.)
 *
 * @param whole the distance of all images, which is a point of the line
 */
export async function extrapolatedFrechet(
  real: FeatureSet,
  fake: FeatureSet,
  whole: number,
  seed: number,
  kernels: DenseKernels,
  pause: Pause = noPause,
): Promise<Extrapolation | null> {
  const count = Math.min(real.count, fake.count);
  if (count < real.dim || count < FEWEST) return null;
  const points = [{ n: count, frechet: whole }];
  for (const [k, share] of SHARES.entries()) {
    const n = Math.floor(share * count);
    const part = (set: FeatureSet, side: string) =>
      pickRows(set, new Stream(seed, `frechet-${side}`, k).permutation(set.count).subarray(0, n));
    points.push({ n, frechet: await frechetDistance(part(real, "real"), part(fake, "fake"), kernels, pause) });
  }
  return { value: intercept(points), points };
}

/** Least squares of frechet = value + slope / n. */
function intercept(points: readonly { n: number; frechet: number }[]): number {
  const mean = (of: (point: { n: number; frechet: number }) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const x = mean(({ n }) => 1 / n);
  const y = mean(({ frechet }) => frechet);
  const slope = mean(({ n, frechet }) => (1 / n - x) * (frechet - y)) / mean(({ n }) => (1 / n - x) ** 2);
  return y - slope * x;
}
