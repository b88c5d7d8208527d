import type { SetInfo } from "../data/benchmark.ts";
import { UndefinedScore } from "./detector.ts";
import { type Evaluation, fitInput } from "./evaluate.ts";
import { detectorByName, detectorParams } from "./registry.ts";

/** A detector to run, with the parameters that differ from its defaults. */
export interface DetectorChoice {
  readonly name: string;
  readonly params?: Readonly<Record<string, number>>;
}

/** Confidences of one fitted detector on the sets of one evaluation. */
export interface DetectorScores {
  readonly detector: string;
  readonly params: Readonly<Record<string, number>>;
  /** By set name, [count], larger = more in-distribution. A set without a defined score is not in here … */
  readonly scores: ReadonlyMap<string, Float32Array>;
  /** … but here, with its sentence "undefined, because …". */
  readonly undefinedBecause: ReadonlyMap<string, string>;
}

/**
 * Fits one detector on train and ID-val and scores every other set (val and test) of the evaluation.
 * Throws for an unknown name or parameter; UndefinedScore becomes an entry of `undefinedBecause`.
 */
export function scoreSets(
  evaluation: Evaluation,
  sets: readonly SetInfo[],
  { name, params: overrides }: DetectorChoice,
): DetectorScores {
  const detector = detectorByName(name);
  const params = detectorParams(detector, overrides);
  const scores = new Map<string, Float32Array>();
  const undefinedBecause = new Map<string, string>();
  const fitted = orReason(() => detector.fit(fitInput(evaluation, sets), params));
  for (const { name: set, role } of sets) {
    const activations = evaluation.sets.get(set);
    if (activations === undefined || role === "train" || role === "diagnostic") continue;
    const result = typeof fitted === "string" ? fitted : orReason(() => allFinite(fitted(activations)));
    if (typeof result === "string") undefinedBecause.set(set, result);
    else scores.set(set, result);
  }
  return { detector: name, params, scores, undefinedBecause };
}

/** The value, or the sentence of the UndefinedScore that stood in its way. */
function orReason<T>(compute: () => T): T | string {
  try {
    return compute();
  } catch (error) {
    if (error instanceof UndefinedScore) return error.message;
    throw error;
  }
}

function allFinite(scores: Float32Array): Float32Array {
  const bad = scores.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new UndefinedScore(`the score of image ${bad} of ${scores.length} is ${scores[bad]}`);
  return scores;
}
