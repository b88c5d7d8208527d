import type { Role } from "../../data/benchmark.ts";
import type { DetectorChoice } from "../../detection/params.ts";
import { detectorByName } from "../../detection/registry.ts";
import { type Scoring, scoreSets } from "../../detection/scoring/scoreSets.ts";
import { candidatesOf, searchParams } from "../../detection/scoring/search.ts";
import { summariseDetectors } from "../../detection/scoring/summarise.ts";
import type { DenseKernels } from "../../engine/dense/kernels.ts";
import { predictions } from "../../metrics/accuracy.ts";
import type { Store } from "../../storage/store.ts";
import type { ImageScores, ScoreTarget, SearchResult } from "../../study/rescore.ts";
import { type DetectorResult, detectorKey } from "../../study/result.ts";
import { stoppable } from "../stopping.ts";
import { imageProgress } from "./imageProgress.ts";
import { keepScores, readKeptScores, resultKey } from "./keptScores.ts";
import type { OpenedEvaluations } from "./openedEvaluations.ts";
import { ensurePasses, type PassContext } from "./passes.ts";
import { type OpenedTarget, openTarget } from "./scoreTarget.ts";

/** What a re-score runs with. */
export interface ScoreContext extends PassContext {
  readonly kernels: DenseKernels;
  /** Of an earlier call; without them the evaluation is read from the store. */
  readonly opened?: OpenedEvaluations;
}

/**
 * Detectors on an evaluation that is kept: no forward pass but the perturbed one that a detector asks for and nobody
 * has run yet. Results of a cell are kept; those of this version of the program are not computed again.
 */
export async function rescore(
  target: ScoreTarget,
  choices: readonly DetectorChoice[],
  context: ScoreContext,
): Promise<DetectorResult[]> {
  const cellId = target.kind === "cell" ? target.cell.id : null;
  const known = cellId === null ? [] : await readKeptScores(context.store, cellId);
  const results = new Map(known.map((result) => [resultKey(result), result]));
  const missing = choices.filter((choice) => !results.has(keyOf(choice)));
  if (missing.length > 0) {
    const opened = await openScored(target, missing, context);
    const { evaluation, sets } = opened;
    const scored = await summariseDetectors(evaluation, sets, missing, scoringOf(opened, context));
    if (cellId !== null) await keepScores(context.store, cellId, scored);
    for (const result of scored) results.set(resultKey(result), result);
  }
  return choices.flatMap((choice) => results.get(keyOf(choice)) ?? []);
}

function keyOf({ name, params = {} }: DetectorChoice): string {
  return detectorKey(name, params);
}

/** One detector's confidence of every image of an evaluation that is kept. */
export async function imageScores(
  target: ScoreTarget,
  choice: DetectorChoice,
  context: ScoreContext,
): Promise<ImageScores> {
  const opened = await openScored(target, [choice], context);
  const { evaluation, sets } = opened;
  const scored = await scoreSets(evaluation, sets, choice, scoringOf(opened, context));
  const result: Record<string, ImageScores["sets"][string]> = {};
  for (const [name, scores] of scored.scores) {
    const set = evaluation.sets.get(name);
    if (set === undefined) continue;
    result[name] = { scores, predicted: predictions(set.logits, evaluation.classes), labels: set.labels.slice() };
  }
  return { params: scored.params, undefinedBecause: Object.fromEntries(scored.undefinedBecause), sets: result };
}

/** The v1.5 hyper-parameter search on an evaluation that is kept. */
export async function search(target: ScoreTarget, name: string, context: ScoreContext): Promise<SearchResult> {
  const choices = candidatesOf(detectorByName(name)).map((params) => ({ name, params }));
  const opened = await openScored(target, choices, context, ["val"]);
  return searchParams(opened.evaluation, opened.sets, name, scoringOf(opened, context));
}

/** The target with the perturbed passes that the choices score. */
export async function openScored(
  target: ScoreTarget,
  choices: readonly DetectorChoice[],
  context: ScoreContext,
  roles?: readonly Role[],
): Promise<OpenedTarget> {
  const { store, opened } = context;
  const read = opened && ((from: Store, prefix: string) => opened.read(from, prefix));
  return ensurePasses(await openTarget(store, target, read), choices, context, roles);
}

/** How the opened target is scored: in turns, told of, stopped by the control. */
export function scoringOf(
  { preset, normalisation }: Pick<OpenedTarget, "preset" | "normalisation">,
  { kernels, control, emit, turn }: ScoreContext,
): Scoring {
  return {
    preset,
    normalisation,
    kernels,
    turn,
    ...stoppable(control, "The scoring"),
    onProgress: imageProgress(emit),
  };
}
