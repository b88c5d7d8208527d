import { EVD, Matrix } from "ml-matrix";
import { type ImageSet, imageBytes } from "../../data/imageSet.ts";
import { Stream } from "../../random/stream.ts";

/**
 * The leading principal components of a set of images, pixels as numbers 0 … 255.
 *
 * Deterministic to the bit: + − × ÷ and Math.sqrt alone, in a fixed order (ml-matrix's symmetric
 * eigenvalue decomposition keeps to these too). Found in the n × n Gram matrix by orthogonal iteration, which
 * costs n²·d, against n·d² for the covariance: cheaper while there are fewer images than pixel values.
 */
export interface PrincipalComponents {
  /** [d] */
  readonly mean: Float64Array;
  /** [rank][d], orthonormal rows, largest variance first */
  readonly axes: Float64Array;
  readonly rank: number;
}

/** Vectors iterated beyond those wanted, so that the last wanted ones converge as well. */
const OVERSAMPLING = 16;
const ITERATIONS = 8;
/** Components whose variance is below this share of the first one's are rounding error, and left out. */
const NEGLIGIBLE = 1e-9;

/** @param maxRank most components wanted; fewer come back when the images span fewer */
export function principalComponents(set: ImageSet, maxRank: number): PrincipalComponents {
  const n = set.count;
  const d = imageBytes(set);
  const pixels = Float64Array.from(set.images);
  const mean = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let p = 0; p < d; p++) mean[p] = (mean[p] as number) + (pixels[i * d + p] as number);
  for (let p = 0; p < d; p++) mean[p] = (mean[p] as number) / n;

  const gram = centredGram(pixels, n, d);
  const width = Math.min(n, maxRank + OVERSAMPLING);
  const { vectors, values } = leadingEigenvectors(gram, n, width);
  const largest = values[0] as number;
  const rank = values.slice(0, maxRank).filter((value) => value > NEGLIGIBLE * largest).length;

  // Axis r is Xᵀu/√λ for the centred images X and the Gram matrix's eigenpair (λ, u).
  const axes = new Float64Array(rank * d);
  for (let r = 0; r < rank; r++) {
    const norm = Math.sqrt(values[r] as number);
    const axis = axes.subarray(r * d, (r + 1) * d);
    for (let i = 0; i < n; i++) {
      const weight = (vectors[r * n + i] as number) / norm;
      for (let p = 0; p < d; p++) {
        axis[p] = (axis[p] as number) + weight * ((pixels[i * d + p] as number) - (mean[p] as number));
      }
    }
  }
  return { mean, axes, rank };
}

/** Coordinates of image i of the set, [rank]. */
export function project({ mean, axes, rank }: PrincipalComponents, set: ImageSet, i: number): Float64Array {
  const d = mean.length;
  const centred = new Float64Array(d);
  for (let p = 0; p < d; p++) centred[p] = (set.images[i * d + p] as number) - (mean[p] as number);
  const coordinates = new Float64Array(rank);
  for (let r = 0; r < rank; r++) coordinates[r] = dot(axes, r * d, centred, 0, d);
  return coordinates;
}

/** Inner products of the centred images, [n][n]. Those of the raw integers are exact; centring comes after. */
function centredGram(pixels: Float64Array, n: number, d: number): Float64Array {
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const product = dot(pixels, i * d, pixels, j * d, d);
      gram[i * n + j] = product;
      gram[j * n + i] = product;
    }
  }
  const rowMeans = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += gram[i * n + j] as number;
    rowMeans[i] = sum / n;
    total += sum / n;
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      gram[i * n + j] = (gram[i * n + j] as number) - (rowMeans[i] as number) - (rowMeans[j] as number) + total / n;
    }
  }
  return gram;
}

/** Orthogonal iteration with a Rayleigh–Ritz step at the end: vectors [width][n], values in falling order. */
function leadingEigenvectors(matrix: Float64Array, n: number, width: number) {
  const stream = new Stream(0, "principal components");
  let basis = Float64Array.from({ length: width * n }, () => stream.normal());
  orthonormalise(basis, n, width);
  for (let step = 0; step < ITERATIONS; step++) {
    basis = multiply(matrix, basis, n, width);
    orthonormalise(basis, n, width);
  }
  const image = multiply(matrix, basis, n, width);
  const small = new Matrix(width, width);
  for (let r = 0; r < width; r++) {
    for (let s = 0; s <= r; s++) {
      const product = dot(basis, r * n, image, s * n, n);
      small.set(r, s, product);
      small.set(s, r, product);
    }
  }
  const decomposition = new EVD(small, { assumeSymmetric: true });
  const rotations = decomposition.eigenvectorMatrix;
  const values: number[] = [];
  const vectors = new Float64Array(width * n);
  for (let r = 0; r < width; r++) {
    const column = width - 1 - r; // ml-matrix sorts eigenvalues in rising order
    values.push(decomposition.realEigenvalues[column] as number);
    for (let s = 0; s < width; s++) addScaled(vectors, r * n, rotations.get(s, column), basis, s * n, n);
  }
  return { vectors, values };
}

/** matrix · each row of `rows`; the matrix is symmetric. */
function multiply(matrix: Float64Array, rows: Float64Array, n: number, width: number): Float64Array<ArrayBuffer> {
  const product = new Float64Array(width * n);
  for (let r = 0; r < width; r++) {
    for (let i = 0; i < n; i++) product[r * n + i] = dot(matrix, i * n, rows, r * n, n);
  }
  return product;
}

/** Gram–Schmidt, each vector twice ("twice is enough", Kahan and Parlett), in place. */
function orthonormalise(rows: Float64Array, n: number, width: number): void {
  for (let r = 0; r < width; r++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let s = 0; s < r; s++) addScaled(rows, r * n, -dot(rows, r * n, rows, s * n, n), rows, s * n, n);
    }
    const norm = Math.sqrt(dot(rows, r * n, rows, r * n, n));
    for (let i = 0; i < n; i++) rows[r * n + i] = norm > 0 ? (rows[r * n + i] as number) / norm : 0;
  }
}

function addScaled(into: Float64Array, at: number, weight: number, from: Float64Array, start: number, n: number): void {
  for (let i = 0; i < n; i++) into[at + i] = (into[at + i] as number) + weight * (from[start + i] as number);
}

/** Four sums side by side, so that the processor need not wait for one addition before the next. */
function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, n: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = n - (n % 4);
  for (let i = 0; i < whole; i += 4) {
    s0 += (a[atA + i] as number) * (b[atB + i] as number);
    s1 += (a[atA + i + 1] as number) * (b[atB + i + 1] as number);
    s2 += (a[atA + i + 2] as number) * (b[atB + i + 2] as number);
    s3 += (a[atA + i + 3] as number) * (b[atB + i + 3] as number);
  }
  for (let i = whole; i < n; i++) s0 += (a[atA + i] as number) * (b[atB + i] as number);
  return s0 + s1 + (s2 + s3);
}
