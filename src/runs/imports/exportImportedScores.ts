import { type TensorToWrite, writeSafetensors } from "../../checkpoints/safetensors.ts";
import type { Store } from "../../storage/store.ts";
import type { ImportedEvaluation, ScoreTarget } from "../../study/rescore.ts";
import { keys } from "../keys.ts";

/**
 * scores.safetensors of an import that is only scores: tensors METHOD/SET float32 [n] of its test sets, SET "id" for the
 * ID test set, as exportScores names them. null for any other target.
 */
export async function exportImportedScores(store: Store, target: ScoreTarget): Promise<Uint8Array<ArrayBuffer> | null> {
  if (target.kind !== "import") return null;
  const record = (await store.readMeta(keys.imported(target.id))) as ImportedEvaluation | undefined;
  const entry = await store.read(keys.importedScores(target.id));
  if (record?.kind !== "scores" || entry === undefined) return null;
  const tensors = new Map<string, TensorToWrite>();
  for (const { detector } of record.detectors) {
    for (const { name, group } of record.sets.filter(({ role }) => role === "test")) {
      const data = entry.arrays[`${detector}/${name}`];
      if (data instanceof Float32Array) {
        tensors.set(`${detector}/${group === "id" ? "id" : name}`, { shape: [data.length], data });
      }
    }
  }
  return writeSafetensors(tensors);
}
