import type { ImageSet } from "./imageSet.ts";

/** Where a set stands: part of ID, near-OOD or far-OOD. */
export type Group = "id" | "near" | "far";

/**
 * What a set may be used for. `train` fits the network and the detectors; `val` is the only place where anything
 * (epoch, α, hyper-parameter) may be selected; `test` is reported; `diagnostic` is shown but never averaged.
 */
export type Role = "train" | "val" | "test" | "diagnostic";

/** One set of a benchmark, described without its images. */
export interface SetInfo {
  /** e.g. "train", "id_val", "id_test", "near_unseen", "mnist"; [a-z0-9_]+, used in files and CSV. */
  readonly name: string;
  readonly title: string;
  readonly group: Group;
  readonly role: Role;
  readonly count: number;
  /** One sentence for the data page: what it is, where from, lossless or JPEG. */
  readonly note: string;
  /** Validation sets only: the test set that it was drawn from or like, where choosing on it is a look at the test. */
  readonly drawnLike?: string;
}

/** An ID dataset with its near- and far-OOD sets and splits. */
export interface BenchmarkInfo {
  /** "shapes", "cifar10", or a variant such as "shapes-ood-is-id". */
  readonly id: string;
  readonly title: string;
  readonly classNames: readonly string[];
  readonly height: number;
  readonly width: number;
  /** Per-channel normalisation of [0,1] values; OOD images use the ID values too. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  readonly sets: readonly SetInfo[];
  /** What is missing, one sentence each, e.g. "SVHN (far-OOD): drop test_32x32.mat". Empty when complete. */
  readonly missing: readonly string[];
  /** Changes when any byte of any set would: goes into manifests. */
  readonly fingerprint: string;
}

/** A benchmark whose images can be had. */
export interface Benchmark {
  readonly info: BenchmarkInfo;
  /** The whole set `name`. Rejects when the benchmark has no such set. */
  load(name: string): Promise<ImageSet>;
  /** Only the images at `indices` (thumbnails); cheaper than load where the set is procedural or stored in chunks. */
  loadSome(name: string, indices: readonly number[]): Promise<ImageSet>;
}
