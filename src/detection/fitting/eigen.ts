import type { Head } from "../../engine/dense/kernels.ts";

// ml-matrix comes in when a detector asks for it: the page that shows scores does not load it.

/** Eigenvalues in descending order, [n], and their orthonormal eigenvectors, one per row of [n, n]. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Of a symmetric matrix [n, n] of finite numbers. */
export async function symmetricEigen(matrix: Float64Array, n: number): Promise<Eigen> {
  const { EVD, Matrix } = await import("ml-matrix");
  const decomposed = new EVD(matrixOf(Matrix, matrix, n, n), { assumeSymmetric: true });
  const rising = decomposed.realEigenvalues;
  const columns = decomposed.eigenvectorMatrix;
  const values = new Float64Array(n);
  const vectors = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    const column = n - 1 - row;
    values[row] = rising[column] as number;
    for (let k = 0; k < n; k++) vectors[row * n + k] = columns.get(k, column);
  }
  return { values, vectors };
}

/**
 * −pinv(W) · b, [d]: where all logits of the head are 0, or come nearest to it; of several such points the one of
 * least norm. Singular values below max(classes, d) · 2⁻⁵² of the largest count as 0.
 *
 * @param head of finite numbers
 */
export async function headOrigin({ weight, bias }: Head, d: number): Promise<Float64Array> {
  const { Matrix, SVD } = await import("ml-matrix");
  const classes = bias.length;
  // W = Σ s · left · rightᵀ; ml-matrix wants to be told that there may be more columns than rows.
  const svd = new SVD(matrixOf(Matrix, weight, classes, d), { autoTranspose: true });
  const { leftSingularVectors: left, rightSingularVectors: right } = svd;
  const smallest = Math.max(classes, d) * Number.EPSILON * (svd.diagonal[0] ?? 0);
  const origin = new Float64Array(d);
  svd.diagonal.forEach((s, r) => {
    if (!(s > smallest)) return;
    let share = 0;
    for (let k = 0; k < classes; k++) share += left.get(k, r) * (bias[k] as number);
    for (let j = 0; j < d; j++) origin[j] = (origin[j] as number) - (share / s) * right.get(j, r);
  });
  return origin;
}

type MatrixClass = typeof import("ml-matrix").Matrix;
type MatrixOf = InstanceType<MatrixClass>;

function matrixOf(Matrix: MatrixClass, values: ArrayLike<number>, rows: number, columns: number): MatrixOf {
  const matrix = new Matrix(rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) matrix.set(i, j, values[i * columns + j] as number);
  }
  return matrix;
}
