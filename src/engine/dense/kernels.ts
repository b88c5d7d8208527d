/**
 * Products and row reductions over many feature or logit vectors: what detectors and distances between distributions
 * are made of. Matrices are row-major; every method takes any number of rows and returns arrays of its own. NaN in a
 * row gives NaN for that row, never a finite number. The bits depend on `variant`, not on `threads`.
 *
 * A method throws RangeError where lengths disagree and rejects when a kernel thread fails.
 */
export interface DenseKernels {
  /** plain: float64 loops in TypeScript, the one that the others are compared with. simd, relaxed: WebAssembly. */
  readonly variant: "plain" | "simd" | "relaxed";
  readonly threads: number;

  /** Largest entry of each row of [n, columns]: [n]. */
  rowMaxima(rows: Float32Array, columns: number): Promise<Float32Array>;
  /** T · log Σ exp(z/T) of each row, the largest taken out first: [n]. */
  logSumExp(logits: Float32Array, columns: number, temperature: number): Promise<Float32Array>;
  /** Largest softmax probability of z/T in each row: [n], in [1/columns, 1]. */
  topProbability(logits: Float32Array, columns: number, temperature: number): Promise<Float32Array>;
  /** softmax(z) of each row: [n, columns]. */
  softmax(logits: Float32Array, columns: number): Promise<Float32Array>;
  /**
   * Largest −KL(softmax(z) ‖ d) over the templates d, of each row: [n]; −Infinity where each template gives 0 to
   * something that the softmax in float32 does not.
   *
   * @param logTemplates log d, [templates, columns]; −Infinity where d is 0
   */
  templateMatch(logits: Float32Array, columns: number, logTemplates: Float32Array): Promise<Float32Array>;
  /**
   * OpenMax's confidence of each row, [n]: the logits of the `alpha` top ranks lowered by how strange the row is to
   * each of those classes, then the largest of the columns + 1 probabilities or minus that of "unknown".
   *
   * @param alpha from 1 to columns
   */
  openMax(
    logits: Float32Array,
    columns: number,
    models: StrayModels,
    alpha: number,
    confidence: "max" | "known",
  ): Promise<Float32Array>;
  /** Σ |x| of each row: [n]. */
  absoluteSums(rows: Float32Array, columns: number): Promise<Float32Array>;
  /** Sum of each column over all rows, accumulated in float64: [columns]. */
  columnSums(rows: Float32Array, columns: number): Promise<Float64Array>;
  /** min(f, ceiling) · weightᵀ + bias: [n, classes]; ceiling Infinity = as they are. */
  headLogits(features: Float32Array, featureDim: number, head: Head, ceiling: number): Promise<Float32Array>;
  /** Σ (f − origin)(f − origin)ᵀ over the rows, symmetric, float64: [columns, columns]. */
  scatter(rows: Float32Array, columns: number, origin: Float64Array): Promise<Float64Array>;
  /**
   * ‖(f − origin) · B‖₂ of each row, [n], for a B [columns, m] of orthonormal columns, m < columns.
   * An implementation may compute it from the complement of B where that is smaller.
   */
  projectedNorms(rows: Float32Array, columns: number, basis: OrthonormalSplit): Promise<Float32Array>;
  /** A bank of rows for nearest-neighbour search. */
  openBank(rows: Float32Array, columns: number): Promise<NeighbourBank>;
  /** Frees memories and threads; nothing may be called afterwards. */
  dispose(): void;
}

/** A linear head: weight [classes, featureDim], bias [classes]. */
export interface Head {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/**
 * Where the classes lie in logit space. A row is strange to class k by the Weibull probability of its distance to the
 * mean, less `small` plus 1.
 */
export interface StrayModels {
  /** [classes, classes], a mean per row. */
  readonly means: Float64Array;
  /** Of the Weibull distributions, [classes] each. */
  readonly scale: Float64Array;
  readonly shape: Float64Array;
  /** [classes] */
  readonly small: Float64Array;
}

/** An orthonormal basis of the whole space, cut in two. */
export interface OrthonormalSplit {
  /** [columns] */
  readonly origin: Float64Array;
  /** [columns, columns], one basis vector per row: first the `kept` complement vectors, then those projected on. */
  readonly vectors: Float64Array;
  /** Vectors of the complement; the projection is on rows kept … columns − 1. */
  readonly kept: number;
}

/** Rows to search in. */
export interface NeighbourBank {
  readonly count: number;
  /** Squared Euclidean distance of each query to its k-th nearest row, exact: [queries]. 1 ≤ k ≤ count. */
  kthSquaredDistances(queries: Float32Array, k: number): Promise<Float32Array>;
  dispose(): void;
}
