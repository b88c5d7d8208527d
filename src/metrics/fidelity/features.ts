/**
 * Features of a set of images: [count, dim], row-major. float32 rows are what networks give and are multiplied by the
 * dense kernels; float64 rows (from a file) are multiplied in float64 throughout, which takes several times as long.
 */
export interface FeatureSet {
  readonly rows: Float32Array | Float64Array;
  readonly count: number;
  readonly dim: number;
}

/** Called between two pieces of work of well under a second; rejects where the work is to stop. */
export type Pause = () => Promise<void>;

/** Does not pause. */
export const noPause: Pause = async () => {};

/**
 * A matrix as a feature set.
 *
 * @throws RangeError where the numbers do not divide into rows, a number is not finite, or there are fewer than 2 rows
 */
export function featureSet(rows: Float32Array | Float64Array, dim: number): FeatureSet {
  const count = rows.length / dim;
  if (!(Number.isInteger(dim) && dim >= 1 && Number.isInteger(count))) {
    throw new RangeError(`${rows.length} numbers do not divide into features of ${dim}.`);
  }
  if (count < 2) throw new RangeError(`Features of ${count} images have no covariance; at least 2 are needed.`);
  for (let k = 0; k < rows.length; k++) {
    if (!Number.isFinite(rows[k])) {
      const row = Math.floor(k / dim);
      throw new RangeError(`Feature ${k - row * dim} of image ${row} is ${rows[k]}; only finite features compare.`);
    }
  }
  return { rows, count, dim };
}

/** Throws RangeError where two sets are not of one dimension. */
export function checkDims(a: FeatureSet, b: FeatureSet): void {
  if (a.dim !== b.dim) throw new RangeError(`Features of ${a.dim} and of ${b.dim} numbers do not compare.`);
}

/** The rows at `indices`, copied, in that order. */
export function pickRows({ rows, dim }: FeatureSet, indices: ArrayLike<number>): FeatureSet {
  const picked =
    rows instanceof Float32Array ? new Float32Array(indices.length * dim) : new Float64Array(indices.length * dim);
  for (let k = 0; k < indices.length; k++) {
    const at = (indices[k] as number) * dim;
    picked.set(rows.subarray(at, at + dim), k * dim);
  }
  return { rows: picked, count: indices.length, dim };
}

/** Rows from … to − 1, in place. */
export function rowsBetween({ rows, dim }: FeatureSet, from: number, to: number): FeatureSet {
  return { rows: rows.subarray(from * dim, to * dim), count: to - from, dim };
}
