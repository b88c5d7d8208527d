import type { DetectorChoice } from "../detection/params.ts";
import { type Scoring, scoreSets } from "../detection/scoreSets.ts";
import { summariseDetectors } from "../detection/summarise.ts";
import { predictions } from "../metrics/accuracy.ts";
import type { ImageScores } from "../study/rescore.ts";
import type { DetectorResult } from "../study/result.ts";
import type { OpenedTarget } from "./scoreTarget.ts";

type Run = Pick<Scoring, "kernels" | "signal" | "breathe" | "onProgress">;

/** Detectors on an evaluation that is kept: no forward pass. */
export function rescore(target: OpenedTarget, choices: readonly DetectorChoice[], run: Run): Promise<DetectorResult[]> {
  const { evaluation, sets, preset, normalisation } = target;
  return summariseDetectors(evaluation, sets, choices, { ...run, preset, normalisation });
}

/** One detector's confidence of every image of an evaluation that is kept. */
export async function imageScores(target: OpenedTarget, choice: DetectorChoice, run: Run): Promise<ImageScores> {
  const { evaluation, sets, preset, normalisation } = target;
  const scored = await scoreSets(evaluation, sets, choice, { ...run, preset, normalisation });
  const result: Record<string, ImageScores["sets"][string]> = {};
  for (const [name, scores] of scored.scores) {
    const set = evaluation.sets.get(name);
    if (set === undefined) continue;
    result[name] = { scores, predicted: predictions(set.logits, evaluation.classes), labels: set.labels.slice() };
  }
  return { params: scored.params, undefinedBecause: Object.fromEntries(scored.undefinedBecause), sets: result };
}
