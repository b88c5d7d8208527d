import type { SetInfo } from "../../data/benchmark.ts";
import { auroc } from "../../metrics/oodMetrics.ts";
import { groupMean } from "../../metrics/spread.ts";
import type { SearchCandidate, SearchResult } from "../../study/rescore.ts";
import type { Params } from "../../study/result.ts";
import type { Detector } from "../detector.ts";
import { type Evaluation, idSet } from "../evaluation/evaluate.ts";
import { detectorByName } from "../registry.ts";
import { type Scoring, scoreSets } from "./scoreSets.ts";

/**
 * The OpenOOD v1.5 hyper-parameter search: every combination of the detector's grid is fitted and scored anew on ID-val
 * against OOD-val; the first maximum wins. Test sets are never scored. A detector without a grid has one candidate, its
 * preset's values.
 */
export async function searchParams(
  evaluation: Evaluation,
  sets: readonly SetInfo[],
  name: string,
  scoring: Scoring,
): Promise<SearchResult> {
  const detector = detectorByName(name);
  const valOod = sets.filter((set) => set.role === "val" && set.group !== "id" && evaluation.sets.has(set.name));
  const idName = idSet(sets, "val")?.name ?? "";
  const candidates: SearchCandidate[] = [];
  const combinations = candidatesOf(detector);
  for (const [k, params] of combinations.entries()) {
    const each: Scoring = {
      ...scoring,
      roles: ["val"],
      onProgress: (done, total) => scoring.onProgress?.(k * total + done, combinations.length * total, name),
    };
    const scored = await scoreSets(evaluation, sets, { name, params }, each);
    const id = scored.scores.get(idName);
    const aurocs = valOod.map((set) => {
      const ood = scored.scores.get(set.name);
      return id && ood ? auroc(id, ood) : null;
    });
    const [because = null] = scored.undefinedBecause.values();
    candidates.push({ params: scored.params, auroc: groupMean(aurocs), undefinedBecause: because });
  }
  return {
    detector: name,
    candidates,
    best: firstMaximum(candidates),
    valSets: valOod.map((set) => set.name),
    sharedDistributions: valOod.flatMap((set) =>
      set.drawnLike === undefined ? [] : [`${set.name} → ${set.drawnLike}`],
    ),
  };
}

/** Every combination of the grid; the first parameter varies fastest. */
export function candidatesOf({ grid }: Pick<Detector, "grid">): Params[] {
  return Object.entries(grid).reduce<Params[]>(
    (combinations, [name, values]) =>
      values.flatMap((value) => combinations.map((params) => ({ ...params, [name]: value }))),
    [{}],
  );
}

function firstMaximum(candidates: readonly SearchCandidate[]): number | null {
  let best: number | null = null;
  candidates.forEach(({ auroc: value }, at) => {
    const top = best === null ? null : (candidates[best]?.auroc ?? null);
    if (value !== null && (top === null || value > top)) best = at;
  });
  return best;
}
