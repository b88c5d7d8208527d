import type { SetInfo } from "../../data/benchmark.ts";
import { FileError } from "../../data/formats/fileError.ts";
import { highest, lowest } from "../../detection/scoring/extremes.ts";
import { histogramOf, rocOf } from "../../metrics/curves.ts";
import { meanMetrics } from "../../metrics/meanMetrics.ts";
import { metricsOf } from "../../metrics/oodMetrics.ts";
import { thresholds } from "../../metrics/thresholds.ts";
import type { Entry, Store } from "../../storage/store.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { ImageScores } from "../../study/rescore.ts";
import type { DetectorResult, Mistake, SetResult } from "../../study/result.ts";
import { keys } from "../keys.ts";
import type { GivenSet } from "./givenEvaluation.ts";

const HISTOGRAM_BINS = 40;
const ROC_POINTS = 101;
const WORST = 8;
/** No classifier came with the scores. */
const UNKNOWN_CLASS = -1;

/**
 * Scores that were computed elsewhere, judged as those of detectors are: each method a result of its own, with no
 * hyper-parameters. A method is judged on the OOD sets for which it has scores. Throws FileError where there is no ID
 * test set, or a method has no score for it.
 */
export function scoreResults(given: readonly GivenSet[]): DetectorResult[] {
  const id = given.find(({ group, role }) => group === "id" && role === "test");
  if (id === undefined) {
    throw new FileError(given[0]?.table.file ?? "", "No file is the ID test set.", "Say which one is.");
  }
  return methodsOf(given).map((method) => methodResult(method, id, given));
}

/** Names of the methods, in the order in which they come. */
export function methodsOf(given: readonly GivenSet[]): string[] {
  return [...new Set(given.flatMap(({ table }) => [...table.scores.keys()]))];
}

function methodResult(method: string, id: GivenSet, given: readonly GivenSet[]): DetectorResult {
  const idScores = id.table.scores.get(method);
  if (idScores === undefined) {
    throw new FileError(
      id.table.file,
      `It has no scores of "${method}" for the ID test set.`,
      "Add them, or leave the method out.",
    );
  }
  const idVal = given.find(({ group, role }) => group === "id" && role === "val")?.table.scores.get(method);
  const sets = given.flatMap(({ name, group, role, table }): SetResult[] => {
    const scores = table.scores.get(method);
    const against = role === "test" ? idScores : idVal;
    if (group === "id" || scores === undefined || against === undefined) return [];
    const sorted = thresholds(against, scores);
    const { auroc, fpr95Id, fpr95Ood, auprIn, auprOut } = metricsOf(sorted);
    const test = role === "test";
    return [
      {
        set: name,
        group,
        test,
        nId: against.length,
        nOod: scores.length,
        metrics: { auroc, fpr95Id, fpr95Ood, auprIn, auprOut },
        histogram: test ? histogramOf(sorted, HISTOGRAM_BINS) : null,
        roc: test ? rocOf(sorted, ROC_POINTS) : null,
        worst: test ? mistakes(scores, highest(scores, WORST)) : [],
      },
    ];
  });
  return {
    detector: method,
    params: {},
    undefinedBecause: null,
    near: meanMetrics(sets.filter(({ test, group }) => test && group === "near")),
    far: meanMetrics(sets.filter(({ test, group }) => test && group === "far")),
    sets,
    worstId: mistakes(idScores, lowest(idScores, WORST)),
  };
}

function mistakes(scores: Float32Array, indices: readonly number[]): Mistake[] {
  return indices.map((index) => ({ index, score: scores[index] as number, predicted: UNKNOWN_CLASS }));
}

/** The record of an import's scores: arrays METHOD/SET. */
export function scoresEntry(given: readonly GivenSet[]): Entry {
  const arrays: Entry["arrays"] = {};
  for (const { name, table } of given) {
    for (const [method, scores] of table.scores) arrays[`${method}/${name}`] = scores;
  }
  return { meta: null, arrays };
}

/** The imported confidences of one method; rejects with "not-evaluated" where the import has none. */
export async function importedScores(
  store: Store,
  id: string,
  sets: readonly SetInfo[],
  method: string,
): Promise<ImageScores> {
  const entry = await store.read(keys.importedScores(id));
  const result: Record<string, ImageScores["sets"][string]> = {};
  for (const { name, group } of sets) {
    const scores = entry?.arrays[`${method}/${name}`];
    if (!(scores instanceof Float32Array)) continue;
    const labels = new Int32Array(scores.length).fill(group === "id" ? 0 : -1);
    result[name] = { scores, predicted: new Int32Array(), labels };
  }
  if (Object.keys(result).length === 0) {
    throw new WorkbenchError(
      "not-evaluated",
      `The import holds no scores of "${method}". Choose one of its own methods.`,
    );
  }
  return { params: {}, undefinedBecause: {}, sets: result };
}
