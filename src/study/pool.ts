import type { Cell } from "./cell.ts";
import type { PseudoLabelReport } from "./generatorRecord.ts";

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
  /** Left out in pools of earlier versions, which are "pixels". */
  readonly form?: PoolForm;
  /** Where a classifier gave the labels; of all `filled` images. */
  readonly pseudoLabels?: PseudoLabelReport | null;
}

/**
 * How a pool's images are kept. "pixels": as they are; "jpeg": at {@link POOL_JPEG_QUALITY}, decoded when read;
 * "seeds": not at all, they are made again whenever they are read.
 */
export type PoolForm = "pixels" | "jpeg" | "seeds";

export const POOL_JPEG_QUALITY = 95;

/** What a pool would need, and what could make room for it. */
export interface PoolRoom {
  /** Bytes still to be written. */
  readonly needed: number;
  readonly used: number;
  /** null where the platform does not say. */
  readonly quota: number | null;
  readonly fits: boolean;
  /** Pools whose deletion would make it fit, the least that is needed; empty where it fits or nothing helps. */
  readonly suggestion: readonly PoolRecord[];
}
