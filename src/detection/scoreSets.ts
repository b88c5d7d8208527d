import type { Role, SetInfo } from "../data/benchmark.ts";
import type { DenseKernels } from "../engine/dense/kernels.ts";
import type { Normalisation } from "../engine/network.ts";
import type { Params } from "../study/result.ts";
import { readRun } from "./activationSet.ts";
import { type Detector, type DetectorPreset, type Fitted, UndefinedScore } from "./detector.ts";
import { type Evaluation, fitInput, sizesOf } from "./evaluate.ts";
import { type DetectorChoice, resolveParams } from "./params.ts";
import { detectorByName } from "./registry.ts";

/** How detectors are run. */
export interface Scoring {
  readonly preset: DetectorPreset;
  readonly kernels: DenseKernels;
  /** Of the network's input; null where there are only features and no network behind them. */
  readonly normalisation: Normalisation | null;
  /** Sets to score, by role; val and test by default. */
  readonly roles?: readonly Role[];
  /** Checked between runs of images; its reason is what scoring then rejects with. */
  readonly signal?: AbortSignal;
  /** Called between runs of images: lets a worker read its messages. */
  readonly breathe?: () => Promise<void>;
  /** Images scored by this detector so far, of all sets together. */
  readonly onProgress?: (done: number, total: number, detector: string) => void;
}

/** Confidences of one fitted detector on the sets of one evaluation. */
export interface DetectorScores {
  readonly choice: DetectorChoice;
  /** The effective values. */
  readonly params: Params;
  /** By set name, [count], larger = more in-distribution. A set without a defined score is not in here … */
  readonly scores: ReadonlyMap<string, Float32Array>;
  /** … but here, with its sentence "undefined, because …". */
  readonly undefinedBecause: ReadonlyMap<string, string>;
}

/** Images scored between two breaths by a detector that reads features. */
const RUN = 4096;

/**
 * Fits one detector on the split of its reference and scores the sets of the wanted roles.
 * Throws for an unknown name or parameter; UndefinedScore becomes an entry of `undefinedBecause`.
 */
export async function scoreSets(
  evaluation: Evaluation,
  sets: readonly SetInfo[],
  choice: DetectorChoice,
  scoring: Scoring,
): Promise<DetectorScores> {
  const detector = detectorByName(choice.name);
  const params = resolveParams(detector, scoring.preset, sizesOf(evaluation, sets), choice.params);
  const scores = new Map<string, Float32Array>();
  const undefinedBecause = new Map<string, string>();
  const { roles = ["val", "test"] } = scoring;
  const wanted = sets.filter(({ name, role }) => roles.includes(role) && evaluation.sets.has(name));
  const total = wanted.reduce((sum, { name }) => sum + (evaluation.sets.get(name)?.count ?? 0), 0);
  const fitted = await orReason(async () =>
    detector.fit(await fitInput(evaluation, sets, detector), params, scoring.kernels),
  );
  try {
    let done = 0;
    for (const { name } of wanted) {
      const progressed = (images: number) => scoring.onProgress?.(done + images, total, detector.name);
      const result =
        typeof fitted === "string"
          ? fitted
          : await orReason(() => scoreSet(evaluation, name, detector, params, fitted, scoring, progressed));
      if (typeof result === "string") undefinedBecause.set(name, result);
      else scores.set(name, result);
      done += evaluation.sets.get(name)?.count ?? 0;
    }
  } finally {
    if (typeof fitted !== "string") fitted.dispose?.();
  }
  return { choice, params, scores, undefinedBecause };
}

async function scoreSet(
  evaluation: Evaluation,
  name: string,
  detector: Detector,
  params: Params,
  fitted: Fitted,
  scoring: Scoring,
  progressed: (images: number) => void,
): Promise<Float32Array> {
  const set = evaluation.sets.get(name);
  if (set === undefined) throw new Error(`The evaluation holds no set "${name}".`);
  const logits = perturbedLogits(evaluation, name, detector, params, scoring) ?? set.logits;
  const scores = new Float32Array(set.count);
  const step = detector.readsFeatures ? RUN : set.count;
  for (let first = 0; first < set.count; first += step) {
    scoring.signal?.throwIfAborted();
    const count = Math.min(step, set.count - first);
    const run = await readRun(set, evaluation.classes, first, count, detector.readsFeatures, logits);
    scores.set(checkFinite(await fitted.score(run), first, set.count), first);
    progressed(first + count);
    await scoring.breathe?.();
  }
  return scores;
}

/** The logits that a detector with input perturbation scores; undefined for the others. */
function perturbedLogits(
  evaluation: Evaluation,
  set: string,
  detector: Detector,
  params: Params,
  { normalisation }: Scoring,
): Float32Array | undefined {
  if (detector.perturb === undefined) return undefined;
  const logits = normalisation && evaluation.perturbed.get(detector.perturb(params, normalisation).key)?.get(set);
  if (!logits) {
    throw new UndefinedScore(
      `${detector.title} looks at the images through the network, and there is no such pass over "${set}"`,
    );
  }
  return logits;
}

/** The value, or the sentence of the UndefinedScore that stood in its way. */
async function orReason<T>(compute: () => Promise<T>): Promise<T | string> {
  try {
    return await compute();
  } catch (error) {
    if (error instanceof UndefinedScore) return error.message;
    throw error;
  }
}

function checkFinite(scores: Float32Array, first: number, count: number): Float32Array {
  const bad = scores.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new UndefinedScore(`the score of image ${first + bad} of ${count} is ${scores[bad]}`);
  return scores;
}
