import { CholeskyDecomposition, Matrix } from "ml-matrix";
import type { Benchmark } from "../../data/benchmark.ts";
import { type ImageSet, imageBytes, pick } from "../../data/imageSet.ts";
import { Stream } from "../../random/stream.ts";
import type { Generator, GeneratorFamily, GeneratorInfo } from "../generator.ts";
import { byClass } from "./byClass.ts";
import { type PrincipalComponents, principalComponents, project } from "./principalComponents.ts";

const MAX_RANK = 64;
/** The components are found on this many images at most, the classes' Gaussians on all of them. */
const BASIS_IMAGES = 2000;
/** Share of each class covariance that is replaced by its diagonal: 100 images cannot fix 64 × 64 numbers. */
const SHRINKAGE = 0.1;

const INFO: GeneratorInfo = {
  id: "pca-gaussian",
  title: "PCA Gaussian",
  kind: "learned",
  provenance: "same-real-set",
  note:
    `One Gaussian per class over the first ${MAX_RANK} principal components of the train images. ` +
    "A weak generator: colours and places are right on average, outlines are smeared.",
};

/** Class-conditional Gaussians in the span of the train set's leading principal components. */
export const pcaGaussian: GeneratorFamily = {
  list: async () => [INFO],

  async create(id, benchmark) {
    return id === INFO.id ? fitTo(benchmark) : null;
  },
};

interface ClassGaussian {
  /** [rank] */
  readonly mean: Float64Array;
  /** lower triangle L of the covariance LLᵀ, [rank][rank] */
  readonly factor: Float64Array;
}

async function fitTo(benchmark: Benchmark): Promise<Generator> {
  const train = await benchmark.load("train");
  const classes = byClass(train, benchmark.info.classNames, 2);
  const components = principalComponents(spread(train, BASIS_IMAGES), MAX_RANK);
  const gaussians = classes.map((members) => fitGaussian(components, train, members));
  const size = imageBytes(train);

  return {
    info: INFO,
    fingerprint: `${INFO.id}-v1-${benchmark.info.fingerprint}`,
    async sample(seed, first, count) {
      const images = new Uint8Array(count * size);
      const labels = new Int32Array(count);
      for (let k = 0; k < count; k++) {
        const label = (first + k) % classes.length;
        const stream = new Stream(seed, INFO.id, first + k);
        paint(components, draw(gaussians[label] as ClassGaussian, stream), images.subarray(k * size, (k + 1) * size));
        labels[k] = label;
      }
      return { count, height: train.height, width: train.width, images, labels };
    },
  };
}

/** At most `limit` images, evenly spread over the set. */
function spread(set: ImageSet, limit: number): ImageSet {
  if (set.count <= limit) return set;
  return pick(
    set,
    Array.from({ length: limit }, (_, k) => Math.floor((k * set.count) / limit)),
  );
}

function fitGaussian(components: PrincipalComponents, train: ImageSet, members: Uint32Array): ClassGaussian {
  const { rank } = components;
  const coordinates = Array.from(members, (i) => project(components, train, i));
  const mean = new Float64Array(rank);
  for (const c of coordinates) for (let r = 0; r < rank; r++) mean[r] = (mean[r] as number) + (c[r] as number);
  for (let r = 0; r < rank; r++) mean[r] = (mean[r] as number) / members.length;

  const covariance = new Matrix(rank, rank);
  for (let r = 0; r < rank; r++) {
    for (let s = 0; s <= r; s++) {
      let sum = 0;
      for (const c of coordinates)
        sum += ((c[r] as number) - (mean[r] as number)) * ((c[s] as number) - (mean[s] as number));
      const value = sum / (members.length - 1);
      // A pixel value of variance on the diagonal keeps a class of equal images factorisable.
      const entry = r === s ? value + 1 : (1 - SHRINKAGE) * value;
      covariance.set(r, s, entry);
      covariance.set(s, r, entry);
    }
  }
  const lower = new CholeskyDecomposition(covariance).lowerTriangularMatrix;
  return { mean, factor: Float64Array.from(lower.to1DArray()) };
}

/** mean + L z, z standard normal: coordinates of one image, [rank]. */
function draw({ mean, factor }: ClassGaussian, stream: Stream): Float64Array {
  const rank = mean.length;
  const z = Float64Array.from({ length: rank }, () => stream.normal());
  return mean.map((m, r) => {
    let sum = m;
    for (let s = 0; s <= r; s++) sum += (factor[r * rank + s] as number) * (z[s] as number);
    return sum;
  });
}

function paint({ mean, axes, rank }: PrincipalComponents, coordinates: Float64Array, out: Uint8Array): void {
  const d = mean.length;
  const values = Float64Array.from(mean);
  for (let r = 0; r < rank; r++) {
    const weight = coordinates[r] as number;
    for (let p = 0; p < d; p++) values[p] = (values[p] as number) + weight * (axes[r * d + p] as number);
  }
  for (let p = 0; p < d; p++) out[p] = Math.floor(Math.max(0, Math.min(255, values[p] as number)) + 0.5);
}
