import { choiceKey, type DetectorChoice } from "../../detection/params.ts";
import { type DetectorScores, type Scoring, scoreSets } from "../../detection/scoring/scoreSets.ts";
import { scoresFile } from "./scoresFile.ts";
import type { OpenedTarget } from "./scoreTarget.ts";

/** scores.safetensors of an evaluation that is kept; a variant of a detector is named by its key, `knn(K=100)`. */
export async function exportScores(
  target: OpenedTarget,
  choices: readonly DetectorChoice[],
  run: Pick<Scoring, "kernels">,
): Promise<Uint8Array<ArrayBuffer>> {
  const { evaluation, sets, preset, normalisation } = target;
  const scored: DetectorScores[] = [];
  for (const choice of choices) {
    scored.push(await scoreSets(evaluation, sets, choice, { ...run, preset, normalisation, roles: ["test"] }));
  }
  return scoresFile(scored, sets, preset, choiceKey);
}
