import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { checkDims, type FeatureSet, noPause, type Pause } from "./features.ts";
import { SquaredDistances } from "./squaredDistances.ts";

/** Neighbours of StudioGAN's and Naeem et al.'s numbers. */
export const NEIGHBOURS = 5;

export interface Neighbourhoods {
  /** Share of synthetic images within the neighbourhood of some real image. */
  readonly precision: number;
  /** Share of real images within the neighbourhood of some synthetic image. */
  readonly recall: number;
  /** Real neighbourhoods that a synthetic image lies in, by k; the mean over synthetic images. */
  readonly density: number;
  /** Share of real images whose neighbourhood holds a synthetic image. */
  readonly coverage: number;
}

/**
 * Improved precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020). The
 * neighbourhood of an image reaches to its k-th nearest of its own set, itself not counted, that distance excluded.
 * Counts are exact: no distance is rounded. Throws RangeError unless either set has more than k images.
 */
export async function neighbourhoods(
  real: FeatureSet,
  fake: FeatureSet,
  k: number,
  kernels: DenseKernels,
  pause: Pause = noPause,
): Promise<Neighbourhoods> {
  checkDims(real, fake);
  const realRadii = await squaredRadii(real, k, kernels, pause);
  const fakeRadii = await squaredRadii(fake, k, kernels, pause);
  const between = new SquaredDistances(real, fake, kernels, pause);
  const inReal = new Uint32Array(fake.count);
  let recalled = 0;
  let covered = 0;
  await between.eachTile((first, rows, quick) => {
    for (let row = 0; row < rows; row++) {
      const i = first + row;
      const radius = realRadii[i] as number;
      let inside = 0;
      let within = false;
      for (let j = 0, at = row * fake.count; j < fake.count; j++, at++) {
        const distance = quick[at] as number;
        if (isBelow(between, distance, radius, i, j)) {
          inside++;
          inReal[j] = (inReal[j] as number) + 1;
        }
        within ||= isBelow(between, distance, fakeRadii[j] as number, i, j);
      }
      if (inside > 0) covered++;
      if (within) recalled++;
    }
  });
  const hits = inReal.reduce((sum, n) => sum + n, 0);
  return {
    precision: inReal.reduce((sum, n) => sum + (n > 0 ? 1 : 0), 0) / fake.count,
    recall: recalled / real.count,
    density: hits / k / fake.count,
    coverage: covered / real.count,
  };
}

function isBelow(distances: SquaredDistances, quick: number, radius: number, i: number, j: number): boolean {
  const margin = distances.bound(i, j);
  if (quick < radius - margin) return true;
  if (quick > radius + margin) return false;
  return distances.exact(i, j) < radius;
}

/** Squared distance of each row to its k-th nearest other row: [count]. */
export async function squaredRadii(
  set: FeatureSet,
  k: number,
  kernels: DenseKernels,
  pause: Pause,
): Promise<Float64Array> {
  if (!(Number.isInteger(k) && k >= 1 && k < set.count)) {
    throw new RangeError(`A ${k}-th nearest neighbour needs more than ${k} images; there are ${set.count}.`);
  }
  const distances = new SquaredDistances(set, set, kernels, pause);
  const radii = new Float64Array(set.count);
  const nearest = new Float64Array(k + 1);
  await distances.eachTile((first, rows, quick) => {
    for (let row = 0; row < rows; row++) {
      const i = first + row;
      const line = quick.subarray(row * set.count, (row + 1) * set.count);
      // The row itself is one of the k + 1 smallest, at distance 0.
      keepSmallest(line, nearest);
      const limit = (nearest[k] as number) + 2 * distances.largestBound(i);
      const exact: number[] = [];
      for (let j = 0; j < line.length; j++) if ((line[j] as number) <= limit) exact.push(distances.exact(i, j));
      radii[i] = exact.sort((a, b) => a - b)[k] as number;
    }
  });
  return radii;
}

/** The smallest values in ascending order, as many as `out` holds. */
function keepSmallest(values: Float64Array, out: Float64Array): void {
  out.fill(Number.POSITIVE_INFINITY);
  const last = out.length - 1;
  for (let j = 0; j < values.length; j++) {
    const value = values[j] as number;
    if (value >= (out[last] as number)) continue;
    let at = last;
    for (; at > 0 && (out[at - 1] as number) > value; at--) out[at] = out[at - 1] as number;
    out[at] = value;
  }
}
