import { type TensorToWrite, writeSafetensors } from "../../checkpoints/safetensors.ts";
import { choiceKey, type DetectorChoice } from "../../detection/params.ts";
import { type Scoring, scoreSets } from "../../detection/scoring/scoreSets.ts";
import type { OpenedTarget } from "./scoreTarget.ts";

/**
 * scores.safetensors of an evaluation that is kept: tensors DETECTOR/SET float32 [n], in the order of the images, SET
 * "id" for the ID test set and the names of the OOD test sets; the metadata holds the preset, each detector's effective
 * hyper-parameters, and for sets without a score the sentence why.
 */
export async function exportScores(
  target: OpenedTarget,
  choices: readonly DetectorChoice[],
  run: Pick<Scoring, "kernels">,
): Promise<Uint8Array<ArrayBuffer>> {
  const { evaluation, sets, preset, normalisation } = target;
  const tensors = new Map<string, TensorToWrite>();
  const metadata: Record<string, string> = { preset };
  for (const choice of choices) {
    const scored = await scoreSets(evaluation, sets, choice, { ...run, preset, normalisation, roles: ["test"] });
    const key = choiceKey(choice);
    metadata[key] = JSON.stringify(scored.params);
    for (const [name, data] of scored.scores) {
      const group = sets.find((set) => set.name === name)?.group;
      tensors.set(`${key}/${group === "id" ? "id" : name}`, { shape: [data.length], data });
    }
    for (const [name, because] of scored.undefinedBecause) metadata[`${key}/${name}`] = because;
  }
  return writeSafetensors(tensors, metadata);
}
