import type { Entry, Store } from "../../storage/store.ts";
import type { ImportedEvaluation, ScoreTarget } from "../../study/rescore.ts";
import { scoresFile } from "../evaluation/scoresFile.ts";
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
  const scored = record.detectors.map(({ detector, params }) => ({
    choice: { name: detector },
    params,
    scores: new Map(record.sets.flatMap(({ name }) => scoresOf(entry, `${detector}/${name}`, name))),
    undefinedBecause: new Map<string, string>(),
  }));
  return scoresFile(scored, record.sets, record.preset);
}

function scoresOf({ arrays }: Entry, array: string, set: string): [string, Float32Array][] {
  const scores = arrays[array];
  return scores instanceof Float32Array ? [[set, scores]] : [];
}
