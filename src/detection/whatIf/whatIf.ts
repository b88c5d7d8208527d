import { plainKernels } from "../../engine/dense/plain.ts";
import { auroc } from "../../metrics/oodMetrics.ts";
import { groupMean } from "../../metrics/spread.ts";
import { type FitInput, UndefinedScore } from "../detector.ts";
import { type DetectorChoice, resolveParams } from "../params.ts";
import { detectorByName } from "../registry.ts";
import { minimise } from "./lbfgs.ts";
import { headLogits, headObjective, type LabelledFeatures } from "./softmaxHead.ts";

/** Frozen features of one trained network: what a refitted head is trained and judged on. */
export interface WhatIfInput {
  readonly featureDim: number;
  readonly classes: number;
  /** The trained head, where the path starts. */
  readonly head: FitInput["head"];
  readonly real: LabelledFeatures;
  /** A sample of the pool: some thousands are enough, the time grows with their number. */
  readonly synthetic: LabelledFeatures;
  /** Features [n, d] of the ID set that OOD is judged against. */
  readonly id: Float32Array;
  /** Features of each OOD set of a group. */
  readonly near: readonly Float32Array[];
  readonly far: readonly Float32Array[];
  /** The trainer's weight decay, above 0. */
  readonly weightDecay: number;
}

/** A guess, never a result: what refitting only the head at this α would give. */
export interface WhatIfPoint {
  readonly alpha: number;
  /** AUROC, unweighted means over the sets of the group; null for a group without sets. */
  readonly near: number | null;
  readonly far: number | null;
  readonly iterations: number;
  /** Whether the head met the stopping rule. */
  readonly converged: boolean;
}

/** Stopping rule of each head: largest gradient entry ≤ 1e-5, or 500 L-BFGS iterations. */
const TOLERANCE = 1e-5;
const MAX_ITERATIONS = 500;

/**
 * "What if α were …": at each α the softmax head is refitted on frozen features to the minimum of
 * α · mean CE(real) + (1 − α) · mean CE(synthetic) + weight decay, each head starting from its neighbour's on the path
 * from the largest α down. Full-batch and deterministic. The features do not move, which training would do: the
 * pilot found the guess misleading, so it is shown only beside {@link whatIfRecord}.
 *
 * Always a softmax head: closed-form heads (ridge, LDA) are off by 6 to 15 points of AUROC.
 * Throws UndefinedScore for a detector that reads only features, since no head moves it.
 *
 * @returns one point per α, in the order of `alphas`
 */
export async function whatIf(
  input: WhatIfInput,
  alphas: readonly number[],
  choice: DetectorChoice,
): Promise<WhatIfPoint[]> {
  const score = await headScore(input, choice);
  const { featureDim, classes, real, synthetic } = input;
  let parameters = Float64Array.from([...input.head.weight, ...input.head.bias]);
  const points = new Map<number, WhatIfPoint>();
  for (const alpha of [...new Set(alphas)].sort((a, b) => b - a)) {
    if (!(alpha >= 0 && alpha <= 1)) throw new RangeError(`α lies between 0 and 1, not at ${alpha}.`);
    const sets = [
      { set: real, weight: alpha },
      { set: synthetic, weight: 1 - alpha },
    ].filter(({ weight }) => weight > 0);
    const objective = headObjective(sets, featureDim, classes, input.weightDecay);
    const head = minimise(objective, parameters, TOLERANCE, MAX_ITERATIONS);
    parameters = head.x.slice();
    const confidence = (features: Float32Array) => score(features, head.x);
    const id = await confidence(input.id);
    const mean = async (group: readonly Float32Array[]): Promise<number | null> => {
      const aurocs: number[] = [];
      for (const set of group) aurocs.push(auroc(id, await confidence(set)));
      return groupMean(aurocs);
    };
    const { iterations, converged } = head;
    points.set(alpha, { alpha, near: await mean(input.near), far: await mean(input.far), iterations, converged });
  }
  return alphas.map((alpha) => points.get(alpha) as WhatIfPoint);
}

/** Scores features under a head by a detector that reads logits and is fitted on no images. */
async function headScore({ featureDim, classes, head }: WhatIfInput, choice: DetectorChoice) {
  const detector = detectorByName(choice.name);
  if (!detector.readsLogits) {
    throw new UndefinedScore(`${detector.title} reads only the features, which refitting the head does not move`);
  }
  if (detector.fitsOn !== "nothing" || detector.perturb !== undefined) {
    throw new UndefinedScore(`${detector.title} would have to be fitted or passed again for every head`);
  }
  const nothing = { count: 0, features: new Float32Array(), logits: new Float32Array(), labels: new Int32Array() };
  const fitInput: FitInput = { featureDim, classes, train: nothing, val: nothing, head };
  const sizes = { featureDim, classes, train: 0, val: 0 };
  const params = resolveParams(detector, "paper", sizes, choice.params);
  const { score } = await detector.fit(fitInput, params, plainKernels);
  return async (features: Float32Array, parameters: Float64Array): Promise<Float32Array> => {
    const count = features.length / featureDim;
    const logits = headLogits(features, featureDim, classes, parameters);
    return score({ count, features, logits, labels: new Int32Array(count).fill(-1) });
  };
}

/** How well the guesses have done so far. */
export interface WhatIfRecord {
  /** Cells that have both a guess and a trained result. */
  readonly n: number;
  /** Share of them whose guessed and trained changes have the same sign. */
  readonly signAgreement: number;
  /** Root mean square of guessed − trained change, in AUROC (0 … 1). */
  readonly rmse: number;
}

/**
 * Compares guessed with trained changes of AUROC against the same baseline, by cell id.
 * null while no cell has both.
 */
export function whatIfRecord(
  predicted: ReadonlyMap<string, number>,
  finished: ReadonlyMap<string, number>,
): WhatIfRecord | null {
  let n = 0;
  let agree = 0;
  let squares = 0;
  for (const [cell, guess] of predicted) {
    const trained = finished.get(cell);
    if (trained === undefined) continue;
    n++;
    if (Math.sign(guess) === Math.sign(trained)) agree++;
    squares += (guess - trained) ** 2;
  }
  return n === 0 ? null : { n, signAgreement: agree / n, rmse: Math.sqrt(squares / n) };
}
