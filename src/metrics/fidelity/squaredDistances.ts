import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { dots } from "./dots.ts";
import { type FeatureSet, type Pause, rowsBetween } from "./features.ts";
import { meanOf } from "./moments.ts";

/** Rows of a tile: of 10,000 others it holds 10 MB of distances. */
const TILE_ROWS = 256;
/** Unit round-off of float32. */
const ROUNDING = 2 ** -24;

/**
 * Squared distances between the rows of two sets, quick and exact: a tile of float32 products gives every distance to
 * within a bound, and what lies within the bound of a threshold is asked for exactly. Both sets move by the same
 * vector first, so that the bound is small.
 */
export class SquaredDistances {
  private readonly narrowA: FeatureSet;
  private readonly narrowB: FeatureSet;
  private readonly normsA: Float64Array;
  private readonly normsB: Float64Array;
  /** Error of a quick distance by the sum of both norms: conversion, products and their sum. */
  private readonly slack: number;

  constructor(
    readonly a: FeatureSet,
    readonly b: FeatureSet,
    private readonly kernels: DenseKernels,
    private readonly pause: Pause,
  ) {
    const centre = meanOf(a);
    this.narrowA = moved(a, centre);
    this.narrowB = a === b ? this.narrowA : moved(b, centre);
    this.normsA = squaredNorms(this.narrowA);
    this.normsB = a === b ? this.normsA : squaredNorms(this.narrowB);
    this.slack = (a.dim + 16) * ROUNDING * 2;
  }

  /**
   * Every tile in turn: rows of a from `first` on, and their quick distances to all rows of b, [rows, b.count]. The
   * array is used again for the next tile.
   */
  async eachTile(take: (first: number, rows: number, quick: Float64Array) => void): Promise<void> {
    const { count } = this.b;
    const quick = new Float64Array(Math.min(TILE_ROWS, this.a.count) * count);
    for (let first = 0; first < this.a.count; first += TILE_ROWS) {
      const rows = Math.min(TILE_ROWS, this.a.count - first);
      const products = await dots(
        rowsBetween(this.narrowA, first, first + rows),
        this.narrowB,
        this.kernels,
        this.pause,
      );
      for (let i = 0; i < rows; i++) {
        const norm = this.normsA[first + i] as number;
        for (let j = 0, at = i * count; j < count; j++, at++) {
          quick[at] = norm + (this.normsB[j] as number) - 2 * (products[at] as number);
        }
      }
      take(first, rows, quick);
      await this.pause();
    }
  }

  /** How far the quick distance of rows i and j may be off. */
  bound(i: number, j: number): number {
    return this.slack * ((this.normsA[i] as number) + (this.normsB[j] as number));
  }

  /** A bound for row i and any row of b. */
  largestBound(i: number): number {
    return this.slack * ((this.normsA[i] as number) + this.largestNormB);
  }

  /** Σ (aᵢ − bⱼ)² in float64 of the rows as they are. */
  exact(i: number, j: number): number {
    const { dim } = this.a;
    const [left, right] = [this.a.rows, this.b.rows];
    let sum = 0;
    for (let p = i * dim, q = j * dim, end = p + dim; p < end; p++, q++) {
      const difference = (left[p] as number) - (right[q] as number);
      sum += difference * difference;
    }
    return sum;
  }

  private get largestNormB(): number {
    this.largest ??= this.normsB.reduce((a, b) => Math.max(a, b), 0);
    return this.largest;
  }
  private largest: number | null = null;
}

/** rows − centre, rounded to float32. */
function moved({ rows, count, dim }: FeatureSet, centre: Float64Array): FeatureSet {
  const out = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += dim) {
    for (let k = 0; k < dim; k++) out[at + k] = (rows[at + k] as number) - (centre[k] as number);
  }
  return { rows: out, count, dim };
}

function squaredNorms({ rows, count, dim }: FeatureSet): Float64Array {
  const norms = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let at = i * dim; at < (i + 1) * dim; at++) sum += (rows[at] as number) ** 2;
    norms[i] = sum;
  }
  return norms;
}
