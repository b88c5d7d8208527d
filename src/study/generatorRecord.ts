import type { Provenance } from "./provenance.ts";

/** What keys and shapes of a checkpoint say about the network. */
export interface GeneratorDescription {
  /** e.g. "studiogan-big-resnet", "stylegan2", "ddpm-unet", "biggan-deep", "biggan". */
  readonly architecture: string;
  /** e.g. "BigGAN of StudioGAN (big_resnet)". */
  readonly title: string;
  /** Trained numbers, buffers not counted. */
  readonly parameters: number;
  /** Classes it is conditioned on; null = unconditional. */
  readonly classes: number | null;
  /** Height = width of its images in pixels. */
  readonly resolution: number;
  /** Floats of one latent: z, or 3·resolution² for x_T of a diffusion model. */
  readonly latentSize: number;
  readonly ema: boolean | null;
  /** Multiply–adds × 2 of one image (one evaluation, for a diffusion model), from the shapes. */
  readonly flopsPerEvaluation: number;
  /** Further sizes worth showing, "blocks: 3", "z: 80". */
  readonly details: Readonly<Record<string, string | number>>;
  /** The settings that this family's users sample with, and which of them it has at all. */
  readonly defaults: SamplingSettings;
  readonly settings: readonly (keyof SamplingSettings)[];
  readonly warnings: readonly string[];
}

/** How images are drawn; a family reads those of its `settings`. Everything here is part of a pool's identity. */
export interface SamplingSettings {
  /** null = none. StyleGAN: ψ; BigGAN: z is multiplied by it; StudioGAN ResNets: z is drawn from ±it. */
  readonly truncation: number | null;
  readonly noise: "const" | "none" | "random";
  readonly spectralNorm: "stored" | "step" | "converged";
  /** Statistics of batch norm: those of the file, or averaged anew over drawn batches. */
  readonly batchNorm: "stored" | "batch" | "standing";
  readonly sampler: "ddpm" | "ddim";
  /** Of a diffusion model. */
  readonly steps: number;
  readonly eta: number;
  readonly spacing: "uniform" | "quad" | "trailing";
  readonly clip: boolean;
  readonly variance: "fixed-large" | "fixed-small";
}

/** A generator that a user brought: a checkpoint, or a set of images that was made elsewhere. */
export interface GeneratorRecord {
  /** "upload-" or "images-", the first digits of `hash`, and those of everything else that decides an image. */
  readonly id: string;
  readonly title: string;
  /** SHA-256 of the files' bytes, in order. */
  readonly hash: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** null for a set of images. */
  readonly description: GeneratorDescription | null;
  /** null for a network. */
  readonly images: ImagesDescription | null;
  readonly settings: SamplingSettings | null;
  /** Benchmark that it makes images of. */
  readonly benchmark: string;
  /** Class of the generator behind each class of the benchmark; null where labels are pseudo-labels. */
  readonly classMap: readonly number[] | null;
  readonly labels: LabelOrder;
  /** What labels the images of an unconditional generator, SIO section 3.1; null for a conditional one. */
  readonly labeller: LabellerSpec | null;
  /** SHA-256 of the labeller's weights (of its file, where it ships with the app) when the generator was kept. */
  readonly labellerHash: string | null;
  /** As the user said. */
  readonly provenance: Provenance;
  readonly added: string;
}

/** A classifier trained on real data: a finished baseline cell, an imported checkpoint, or a file that ships with the app. */
export interface LabellerSpec {
  readonly kind: "cell" | "imported" | "embedded";
  /** Of the cell, of the import, or the file's name. */
  readonly id: string;
}

/** Labels of a pool that a classifier gave. */
export interface PseudoLabelReport {
  readonly labeller: LabellerSpec;
  readonly count: number;
  /** Images per class of the benchmark. */
  readonly histogram: readonly number[];
  /** Images by softmax confidence of their label, in ten bins from 0 to 1. */
  readonly confidence: readonly number[];
}

/** A set of images that was made elsewhere. */
export interface ImagesDescription {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** Classes of its labels; null where it has none. */
  readonly classes: number | null;
  /** Images of each class; empty without labels. */
  readonly perClass: readonly number[];
  /** false where some are JPEG. */
  readonly lossless: boolean;
}

/**
 * Which class image i is of: "balanced" = i mod classes; "uniform" = drawn by seed and i, or, for a set of images, as
 * its files have them.
 */
export type LabelOrder = "balanced" | "uniform";

/** What files are when taken as a generator. Nothing is kept. */
export interface InspectedGenerator {
  readonly files: readonly string[];
  /** "warning": the file has faults, but can be used; "refused": `error` says why. "ok" may have warnings about sampling. */
  readonly verdict: "ok" | "warning" | "refused";
  /** "torch-zip", "safetensors" … of a checkpoint; "npz", "npy", "tar", "folder" of images; null where unknown. */
  readonly format: string | null;
  /** null where it is no known network: then it may be read, but not sampled. */
  readonly description: GeneratorDescription | null;
  readonly images: ImagesDescription | null;
  /** Tensors of a checkpoint. */
  readonly tensors: number;
  readonly warnings: readonly string[];
  readonly error: string | null;
}

/** How files are kept as a generator. */
export interface KeepGeneratorOptions {
  /** null: the name of the first file. */
  readonly title: string | null;
  readonly benchmark: string;
  /** What differs from the family's defaults. */
  readonly settings: Partial<SamplingSettings>;
  readonly labels: LabelOrder;
  /** Class of the generator behind each class of the benchmark; null: the same numbers, where the counts agree. */
  readonly classMap: readonly number[] | null;
  /** Needed where the generator has no classes. */
  readonly labeller: LabellerSpec | null;
  readonly provenance: Provenance;
}

/** Nearest images of a set by pixels: rows of `neighbours` each, nearest first. */
export interface NearestImages {
  readonly neighbours: number;
  /** Numbers of the set's images. */
  readonly indices: Int32Array;
  /** Root of the mean squared difference of the bytes, 0 … 255. */
  readonly distances: Float32Array;
}
