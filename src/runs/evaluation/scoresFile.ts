import { writeSafetensors } from "../../checkpoints/safetensors.ts";
import type { SetInfo } from "../../data/benchmark.ts";
import type { DetectorScores } from "../../detection/scoring/scoreSets.ts";

/**
 * scores.safetensors: tensors `DETECTOR/SET` float32 [N] in input order, SET `id` for the ID test set and the names of
 * the OOD test sets; the metadata holds the preset and the effective hyper-parameters. A detector that is undefined on
 * a set has no tensor there.
 */
export function scoresFile(
  scored: readonly DetectorScores[],
  sets: readonly SetInfo[],
  preset: string,
): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  for (const { choice, scores } of scored) {
    for (const { name, group } of sets.filter(({ role }) => role === "test")) {
      const data = scores.get(name);
      if (data) tensors.set(`${choice.name}/${group === "id" ? "id" : name}`, { shape: [data.length], data });
    }
  }
  const parameters = Object.fromEntries(scored.map(({ choice, params }) => [choice.name, params]));
  return writeSafetensors(tensors, { preset, hyper_parameters: JSON.stringify(parameters) });
}
