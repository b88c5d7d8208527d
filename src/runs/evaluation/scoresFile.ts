import { writeSafetensors } from "../../checkpoints/safetensors.ts";
import type { SetInfo } from "../../data/benchmark.ts";
import type { DetectorChoice } from "../../detection/params.ts";
import type { DetectorScores } from "../../detection/scoring/scoreSets.ts";

/**
 * scores.safetensors: tensors `DETECTOR/SET` float32 [N] in input order, SET `id` for the ID test set and the names of
 * the OOD test sets. The metadata holds `preset` and, as JSON by DETECTOR, `hyper_parameters` (the effective ones) and
 * `undefined_because` (by set, why it has no tensor there).
 *
 * @param nameOf DETECTOR of a choice: its name, or its key where several variants of one detector are written
 */
export function scoresFile(
  scored: readonly DetectorScores[],
  sets: readonly SetInfo[],
  preset: string,
  nameOf: (choice: DetectorChoice) => string = ({ name }) => name,
): Uint8Array<ArrayBuffer> {
  const tests = sets.filter(({ role }) => role === "test");
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  const parameters: Record<string, DetectorScores["params"]> = {};
  const reasons: Record<string, Record<string, string>> = {};
  for (const { choice, params, scores, undefinedBecause } of scored) {
    const detector = nameOf(choice);
    parameters[detector] = params;
    for (const { name, group } of tests) {
      const set = group === "id" ? "id" : name;
      const data = scores.get(name);
      const because = undefinedBecause.get(name);
      if (data !== undefined) tensors.set(`${detector}/${set}`, { shape: [data.length], data });
      if (because !== undefined) reasons[detector] = { ...reasons[detector], [set]: because };
    }
  }
  return writeSafetensors(tensors, {
    preset,
    hyper_parameters: JSON.stringify(parameters),
    ...(Object.keys(reasons).length === 0 ? {} : { undefined_because: JSON.stringify(reasons) }),
  });
}
