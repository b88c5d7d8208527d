import type { DetectorChoice } from "../../detection/params.ts";
import type { ImageScores, ImportedEvaluation, ScoreTarget } from "../../study/rescore.ts";
import { importedScores } from "../imports/importScores.ts";
import { keys } from "../keys.ts";
import { imageScores, type ScoreContext } from "./rescore.ts";

/** Confidences of every image: of an import that is only scores those that came, of any other target computed ones. */
export async function targetScores(
  target: ScoreTarget,
  choice: DetectorChoice,
  context: ScoreContext,
): Promise<ImageScores> {
  if (target.kind === "import") {
    const record = (await context.store.readMeta(keys.imported(target.id))) as ImportedEvaluation | undefined;
    if (record?.kind === "scores") return importedScores(context.store, target.id, record.sets, choice.name);
  }
  return imageScores(target, choice, context);
}
