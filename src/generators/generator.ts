import type { Benchmark } from "../data/benchmark.ts";
import type { ImageSet } from "../data/imageSet.ts";
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
   * Image i depends on (fingerprint, seed, i) alone, whatever the chunks; its label is i mod classes.
   */
  sample(seed: number, first: number, count: number): ImageSet;
}

/** One architecture: one file that exports one of these. */
export interface GeneratorFamily {
  /** Those of its generators that fit the benchmark, without making them. */
  list(benchmark: Benchmark["info"]): GeneratorInfo[];
  /** The generator called `id`, fitted where it is learned, or null when the id is not this family's. */
  create(id: string, benchmark: Benchmark): Promise<Generator | null>;
}
