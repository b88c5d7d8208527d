import type { Benchmark, Role, SetInfo } from "../data/benchmark.ts";
import { imageBytes } from "../data/imageSet.ts";
import type { Network } from "../engine/network.ts";
import { type ActivationSet, inMemory, readRun } from "./activationSet.ts";
import type { Activations, Detector, FitInput, Sizes } from "./detector.ts";

/** Everything that detectors and metrics need of one checkpoint: no further forward pass. */
export interface Evaluation {
  readonly featureDim: number;
  readonly classes: number;
  readonly head: FitInput["head"];
  /** By set name of the benchmark; the train set unaugmented. */
  readonly sets: ReadonlyMap<string, ActivationSet>;
  /** Logits [count, K] of perturbed inputs, by key of the perturbation and set name (detectors like ODIN). */
  readonly perturbed: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>;
}

export interface EvaluationOptions {
  /** Sets to pass, by role; all by default. Validation during training needs only ["train", "val"]. */
  readonly roles?: readonly Role[];
  /** The real images that were trained on: the first N of the train set; null = all. */
  readonly trainCount?: number | null;
  /** Checked between slices; its reason is what the pass then rejects with. */
  readonly signal?: AbortSignal;
  /** Wraps slices of a second or more, so that heavy jobs of several workers take turns. */
  readonly turn?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called between slices: lets a worker read its messages. */
  readonly breathe?: () => Promise<void>;
  /** Images done, of all sets together. */
  readonly onProgress?: (done: number, total: number, set: string) => void;
}

const FORWARD_IMAGES = 256;
const SLICE_MS = 1000;

/**
 * One evaluation pass: every wanted set once through the network in evaluation mode, images as they are.
 * Rejects with the signal's reason when aborted, and when a set does not fit the network.
 */
export async function evaluate(
  network: Network,
  benchmark: Benchmark,
  options: EvaluationOptions = {},
): Promise<Evaluation> {
  const { classes } = network.spec;
  const wanted = benchmark.info.sets.filter((set) => options.roles?.includes(set.role) ?? true);
  const counts = wanted.map((set) => imagesOf(set, options.trainCount ?? null));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const sets = new Map<string, ActivationSet>();
  let done = 0;
  for (const [k, set] of wanted.entries()) {
    options.signal?.throwIfAborted();
    const count = counts[k] as number;
    const activations = await forwardSet(network, benchmark, set, count, options, (images) =>
      options.onProgress?.(done + images, total, set.name),
    );
    sets.set(set.name, inMemory(activations));
    done += count;
  }
  return { featureDim: network.featureDim, classes, head: await headOf(network), sets, perturbed: new Map() };
}

function imagesOf(set: SetInfo, trainCount: number | null): number {
  return set.role === "train" && trainCount !== null ? Math.min(trainCount, set.count) : set.count;
}

async function forwardSet(
  network: Network,
  benchmark: Benchmark,
  info: SetInfo,
  count: number,
  options: EvaluationOptions,
  progressed: (images: number) => void,
): Promise<Activations> {
  const whole = await benchmark.load(info.name);
  const { imageSize, classes } = network.spec;
  if (whole.height !== imageSize || whole.width !== imageSize) {
    throw new Error(
      `Set "${info.name}" has images of ${whole.width}×${whole.height} pixels, the network takes ${imageSize}×${imageSize}.`,
    );
  }
  if (whole.count < count) {
    throw new Error(`Set "${info.name}" of ${benchmark.info.title} holds ${whole.count} images, not ${count}.`);
  }
  const features = new Float32Array(count * network.featureDim);
  const logits = new Float32Array(count * classes);
  const size = imageBytes(whole);
  const turn = options.turn ?? ((work) => work());
  let next = 0;
  while (next < count) {
    options.signal?.throwIfAborted();
    await turn(async () => {
      const started = performance.now();
      do {
        const images = Math.min(FORWARD_IMAGES, count - next);
        const batch = whole.images.subarray(next * size, (next + images) * size);
        const out = await network.forward(batch, images);
        features.set(out.features, next * network.featureDim);
        logits.set(out.logits, next * classes);
        next += images;
      } while (next < count && performance.now() - started < SLICE_MS && options.signal?.aborted !== true);
    });
    progressed(next);
    await options.breathe?.();
  }
  return { count, features, logits, labels: whole.labels.slice(0, count) };
}

async function headOf(network: Network): Promise<FitInput["head"]> {
  const state = await network.exportState({ momenta: false });
  const weight = state.get("fc.weight")?.data;
  const bias = state.get("fc.bias")?.data;
  if (weight === undefined || bias === undefined) throw new Error("The network exports no head fc.weight, fc.bias.");
  return { weight: weight.slice(), bias: bias.slice() };
}

/** What the scaling rules of hyper-parameters go by. */
export function sizesOf(evaluation: Evaluation, sets: readonly SetInfo[]): Sizes {
  const { featureDim, classes } = evaluation;
  const count = (role: Role): number => idActivations(evaluation, sets, role)?.count ?? 0;
  return { featureDim, classes, train: count("train"), val: count("val") };
}

/**
 * What a detector may be fitted on: the train or the ID-val set of an evaluation, whichever it asks for; the other,
 * like an absent set, counts 0 images.
 */
export async function fitInput(
  evaluation: Evaluation,
  sets: readonly SetInfo[],
  { fitsOn, readsFeatures }: Pick<Detector, "fitsOn" | "readsFeatures">,
): Promise<FitInput> {
  const { featureDim, classes, head } = evaluation;
  const whole = async (role: Role & typeof fitsOn): Promise<Activations> => {
    const set = fitsOn === role ? idActivations(evaluation, sets, role) : undefined;
    return set === undefined ? nothing : readRun(set, classes, 0, set.count, readsFeatures);
  };
  return { featureDim, classes, head, train: await whole("train"), val: await whole("val") };
}

const nothing: Activations = {
  count: 0,
  features: new Float32Array(),
  logits: new Float32Array(),
  labels: new Int32Array(),
};

/** The ID set of that role. */
export function idSet(sets: readonly SetInfo[], role: Role): SetInfo | undefined {
  return sets.find((set) => set.group === "id" && set.role === role);
}

function idActivations(evaluation: Evaluation, sets: readonly SetInfo[], role: Role): ActivationSet | undefined {
  const info = idSet(sets, role);
  return info && evaluation.sets.get(info.name);
}
