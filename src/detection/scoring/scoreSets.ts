import type { Role, SetInfo } from "../../data/benchmark.ts";
import type { DenseKernels } from "../../engine/dense/kernels.ts";
import type { Normalisation } from "../../engine/network.ts";
import type { Params } from "../../study/result.ts";
import { type Detector, type DetectorPreset, type Fitted, UndefinedScore } from "../detector.ts";
import { type ActivationSet, readRun } from "../evaluation/activationSet.ts";
import { type Evaluation, fitInput, sizesOf } from "../evaluation/evaluate.ts";
import { CHUNK_ROWS } from "../evaluation/featureChunks.ts";
import { inSlices, type Pace } from "../evaluation/slices.ts";
import { type DetectorChoice, resolveParams } from "../params.ts";
import { detectorByName } from "../registry.ts";

/** How detectors are run. */
export interface Scoring extends Pace {
  readonly preset: DetectorPreset;
  readonly kernels: DenseKernels;
  /** Of the network's input; null where there are only features and no network behind them. */
  readonly normalisation: Normalisation | null;
  /** Sets to score, by role; val and test by default. */
  readonly roles?: readonly Role[];
  /** Images scored so far, of all sets together; with several detectors, of all of them together. */
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
  const { roles = ["val", "test"] } = scoring;
  const wanted = sets.filter(({ role }) => roles.includes(role)).flatMap(({ name }) => scored(evaluation, name));
  const total = wanted.reduce((sum, { set }) => sum + set.count, 0);
  let done = 0;
  let fitted: Fitted | string = "";
  const fit = async (): Promise<void> => {
    fitted = await orReason(async () =>
      detector.fit(await fitInput(evaluation, sets, detector), params, scoring.kernels),
    );
  };
  const score = async (of: ScoredSet, first: number, count: number): Promise<void> => {
    if (of.because !== null) return;
    const by = fitted;
    const result =
      typeof by === "string"
        ? by
        : await orReason(async () => {
            const logits = perturbedLogits(evaluation, of.name, detector, params, scoring) ?? of.set.logits;
            const run = await readRun(of.set, evaluation.classes, first, count, detector.readsFeatures, logits);
            return checkFinite(await by.score(run), first, of.set.count);
          });
    if (typeof result === "string") of.because = result;
    else of.scores.set(result, first);
    done += count;
    scoring.onProgress?.(done, total, detector.name);
  };
  const pieces = function* (): Generator<() => Promise<void>> {
    yield fit;
    for (const of of wanted) {
      const step = detector.readsFeatures ? CHUNK_ROWS : of.set.count;
      for (let first = 0; first < of.set.count; first += step) {
        yield () => score(of, first, Math.min(step, of.set.count - first));
      }
    }
  };
  try {
    await inSlices(pieces(), scoring);
  } finally {
    release(fitted);
  }
  const defined = wanted.filter(({ because }) => because === null);
  const others = wanted.filter(({ because }) => because !== null);
  return {
    choice,
    params,
    scores: new Map(defined.map(({ name, scores }) => [name, scores])),
    undefinedBecause: new Map(others.map(({ name, because }) => [name, because ?? ""])),
  };
}

/** A set while it is scored. */
interface ScoredSet {
  readonly name: string;
  readonly set: ActivationSet;
  readonly scores: Float32Array;
  /** Why it has no score; null while it has one. */
  because: string | null;
}

/** In a list, so that a set that the evaluation does not hold drops out. */
function scored(evaluation: Evaluation, name: string): ScoredSet[] {
  const set = evaluation.sets.get(name);
  return set === undefined ? [] : [{ name, set, scores: new Float32Array(set.count), because: null }];
}

function release(fitted: Fitted | string): void {
  if (typeof fitted !== "string") fitted.dispose?.();
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
  if (logits instanceof UndefinedScore) throw logits;
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
