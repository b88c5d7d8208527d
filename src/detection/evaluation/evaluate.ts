import type { Benchmark, Role, SetInfo } from "../../data/benchmark.ts";
import type { Network } from "../../engine/network.ts";
import type { Activations, Detector, FitInput, Sizes, UndefinedScore } from "../detector.ts";
import { type ActivationSet, readRun } from "./activationSet.ts";
import { type ActivationSink, memorySink } from "./activationSink.ts";
import { imageRuns } from "./imageRuns.ts";
import { inSlices, type Pace } from "./slices.ts";

/** Everything that detectors and metrics need of one checkpoint: no further forward pass. */
export interface Evaluation {
  readonly featureDim: number;
  readonly classes: number;
  readonly head: FitInput["head"];
  /** By set name of the benchmark; the train set unaugmented. */
  readonly sets: ReadonlyMap<string, ActivationSet>;
  /**
   * Logits [count, K] of perturbed inputs, by key of the perturbation and set name (detectors like ODIN), or why there
   * are none.
   */
  readonly perturbed: ReadonlyMap<string, ReadonlyMap<string, Float32Array | UndefinedScore>>;
}

export interface EvaluationOptions extends Pace {
  /** Sets to pass, by role; all by default. Validation during training needs only ["train", "val"]. */
  readonly roles?: readonly Role[];
  /** The real images that were trained on: the first N of the train set; null = all. */
  readonly trainCount?: number | null;
  /** Where activations go; memory by default. */
  readonly sink?: ActivationSink;
  /** Images done, of all sets together. */
  readonly onProgress?: (done: number, total: number, set: string) => void;
}

const FORWARD_IMAGES = 256;

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
  const sink = options.sink ?? memorySink(network.featureDim, classes);
  const wanted = benchmark.info.sets.filter((set) => options.roles?.includes(set.role) ?? true);
  const counts = wanted.map((set) => imagesOf(set, options.trainCount ?? null));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const sets = new Map<string, ActivationSet>();
  let done = 0;
  for (const [k, { name }] of wanted.entries()) {
    options.signal?.throwIfAborted();
    const count = counts[k] as number;
    const progressed = (images: number) => options.onProgress?.(done + images, total, name);
    const kept = await sink.kept(name, count);
    if (kept === undefined) {
      sets.set(name, await forwardSet(network, benchmark, name, count, sink, options, progressed));
    } else {
      sets.set(name, kept);
      progressed(count);
    }
    done += count;
  }
  return { featureDim: network.featureDim, classes, head: await headOf(network), sets, perturbed: new Map() };
}

/** Images of a set that an evaluation passes. */
export function imagesOf(set: SetInfo, trainCount: number | null): number {
  return set.role === "train" && trainCount !== null ? Math.min(trainCount, set.count) : set.count;
}

async function forwardSet(
  network: Network,
  benchmark: Benchmark,
  name: string,
  count: number,
  sink: ActivationSink,
  pace: Pace,
  progressed: (images: number) => void,
): Promise<ActivationSet> {
  const writer = await sink.begin(name, count);
  const labels = new Int32Array(count);
  const pieces = imageRuns(
    benchmark,
    name,
    count,
    network.spec.imageSize,
    FORWARD_IMAGES,
    async (images, own, first) => {
      const { features, logits } = await network.forward(images, own.length);
      await writer.write(features, logits);
      labels.set(own, first);
      progressed(first + own.length);
    },
  );
  await inSlices(pieces, pace);
  return writer.finish(labels);
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
