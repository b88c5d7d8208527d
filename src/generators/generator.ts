import type { Benchmark } from "../data/benchmark.ts";
import type { ImageSet } from "../data/imageSet.ts";
import type { ImageOps } from "../engine/ops/imageOps.ts";
import type { Store } from "../storage/store.ts";
import type { LabellerSpec } from "../study/generatorRecord.ts";
import type { Provenance } from "../study/provenance.ts";

/** A generator as the pages, the manifest and the CSV name it. */
export interface GeneratorInfo {
  /** e.g. "simulated-3", "pca-gaussian", "interpolation"; [a-z0-9.-]+. */
  readonly id: string;
  readonly title: string;
  /** "controlled": quality is a knob of a simulation; "learned": fitted to images. Never mixed up in a chart. */
  readonly kind: "controlled" | "learned";
  readonly provenance: Provenance;
  /** One or two plain sentences: how it makes images and what is wrong with them. */
  readonly note: string;
}

/** A generator ready to sample. */
export interface Generator {
  readonly info: GeneratorInfo;
  /** Changes when any image it makes would: part of a pool's identity. */
  readonly fingerprint: string;
  /**
   * Images first … first + count − 1 of the endless, class-balanced sequence of (generator, seed).
   * Image i depends on (fingerprint, seed, i) alone, whatever the chunks; its label is i mod classes, unless the user
   * of an uploaded generator chose otherwise.
   *
   * @param breathe called between batches and steps of what takes long; may reject to end it
   */
  sample(seed: number, first: number, count: number, breathe?: () => Promise<void>): Promise<SampledImages>;
  /** Where it cannot make as many images as one likes. */
  readonly limit?: number;
  /** Whether its images are kept already, so that a pool need not keep them again. */
  readonly kept?: boolean;
  /** Images that are computed together, where each depends on those beside it. */
  readonly group?: number;
}

export interface SampledImages extends ImageSet {
  /** Softmax confidence of each label, where a classifier gave them. */
  readonly confidence?: Float32Array;
  /** By whom, and among how many classes. */
  readonly labelled?: { readonly by: LabellerSpec; readonly classes: number };
}

/** A classifier that labels the images of an unconditional generator. */
export interface Labeller {
  /** @param images uint8 RGB [count][height][width][3] of the benchmark's size */
  label(images: Uint8Array, count: number): Promise<{ readonly labels: Int32Array; readonly confidence: Float32Array }>;
}

/** What a generator may need beside its benchmark. Injected: a worker and the command line have others. */
export interface GeneratorContext {
  readonly store: Store;
  /** The device to sample on, opened when it is first asked for and kept. */
  openOps(): Promise<ImageOps>;
  /** A file of public/generators/. */
  embedded(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * The classifier that labels images of the benchmark, opened when its first image comes.
   * Rejects where it is gone, or its weights are not those of `hash` any more.
   */
  openLabeller(spec: LabellerSpec, hash: string, benchmark: Benchmark): Promise<Labeller>;
}

/** One architecture: one file that exports one of these. */
export interface GeneratorFamily {
  /** Those of its generators that fit the benchmark, without making them. */
  list(benchmark: Benchmark["info"], context: GeneratorContext): Promise<GeneratorInfo[]>;
  /** The generator called `id`, fitted or loaded, or null when the id is not this family's. */
  create(id: string, benchmark: Benchmark, context: GeneratorContext): Promise<Generator | null>;
}
