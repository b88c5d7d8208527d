import type { Cell } from "./cell.ts";

/** Which pool: its images are fixed by these four and the generator's fingerprint. */
export interface PoolSpec {
  readonly benchmark: string;
  readonly generator: string;
  readonly size: number;
  readonly seed: number;
}

/** The pool of a cell, or null for the baseline. */
export function poolOf(cell: Cell): PoolSpec | null {
  return cell.generator === null
    ? null
    : { benchmark: cell.benchmark, generator: cell.generator, size: cell.poolSize, seed: cell.poolSeed };
}

/** A pool in storage. */
export interface PoolRecord {
  readonly id: string;
  readonly spec: PoolSpec;
  readonly generatorFingerprint: string;
  /** Images that are there; the pool is complete at spec.size. */
  readonly filled: number;
  readonly bytes: number;
}
