import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { Stream } from "../../random/stream.ts";
import { dots } from "./dots.ts";
import { checkDims, type FeatureSet, noPause, type Pause, pickRows } from "./features.ts";

/** clean-fid's and StyleGAN's numbers: 100 subsets of 1,000. */
export const KID_SUBSETS = 100;
export const KID_SUBSET_SIZE = 1000;

/** Rows of one subset of either side. */
export interface KidSubset {
  readonly fake: ArrayLike<number>;
  readonly real: ArrayLike<number>;
}

export interface Kid {
  /** Mean over the subsets; unbiased, so it may be below 0. */
  readonly kid: number;
  /** Standard deviation over the subsets, divisor n − 1; 0 for one. */
  readonly std: number;
}

/** Subsets drawn without replacement from each side, by the seed. `size` ≤ either count. */
export function kidSubsets(real: number, fake: number, subsets: number, size: number, seed: number): KidSubset[] {
  if (size < 2 || size > Math.min(real, fake)) {
    throw new RangeError(`Subsets of ${size} cannot be drawn from ${real} real and ${fake} synthetic images.`);
  }
  const draw = (side: "fake" | "real", count: number, k: number) =>
    new Stream(seed, `kid-${side}`, k).permutation(count).subarray(0, size);
  return Array.from({ length: subsets }, (_, k) => ({ fake: draw("fake", fake, k), real: draw("real", real, k) }));
}

/**
 * Kernel distance (Bińkowski et al. 2018): unbiased MMD² under k(x, y) = (⟨x, y⟩ / dim + 1)³, mean over the subsets.
 * Not multiplied by 1,000.
 */
export async function kernelDistance(
  real: FeatureSet,
  fake: FeatureSet,
  subsets: readonly KidSubset[],
  kernels: DenseKernels,
  pause: Pause = noPause,
): Promise<Kid> {
  checkDims(real, fake);
  const values: number[] = [];
  for (const subset of subsets) {
    values.push(await discrepancy(pickRows(real, subset.real), pickRows(fake, subset.fake), kernels, pause));
    await pause();
  }
  const kid = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - kid) ** 2, 0);
  return { kid, std: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

async function discrepancy(real: FeatureSet, fake: FeatureSet, kernels: DenseKernels, pause: Pause): Promise<number> {
  const within = async (set: FeatureSet): Promise<number> => {
    const products = await dots(set, set, kernels, pause);
    return (sumOfCubes(products, set.dim) - diagonalOfCubes(products, set)) / (set.count * (set.count - 1));
  };
  const across = sumOfCubes(await dots(real, fake, kernels, pause), real.dim) / (real.count * fake.count);
  return (await within(real)) + (await within(fake)) - 2 * across;
}

function sumOfCubes(products: Float32Array | Float64Array, dim: number): number {
  let sum = 0;
  for (let k = 0; k < products.length; k++) sum += ((products[k] as number) / dim + 1) ** 3;
  return sum;
}

function diagonalOfCubes(products: Float32Array | Float64Array, { count, dim }: FeatureSet): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += ((products[i * (count + 1)] as number) / dim + 1) ** 3;
  return sum;
}
