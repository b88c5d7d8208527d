import type { BenchmarkInfo, SetInfo } from "../../data/benchmark.ts";
import { accuracy, predictions } from "../../metrics/accuracy.ts";
import { histogramOf, rocOf } from "../../metrics/curves.ts";
import { meanMetrics } from "../../metrics/meanMetrics.ts";
import { metricsOf } from "../../metrics/oodMetrics.ts";
import { thresholds } from "../../metrics/thresholds.ts";
import type { DetectorResult, Mistake, SetResult } from "../../study/result.ts";
import { type Evaluation, idSet } from "../evaluation/evaluate.ts";
import { choiceKey, type DetectorChoice } from "../params.ts";
import { highest, lowest } from "./extremes.ts";
import { type DetectorScores, type Scoring, scoreSets } from "./scoreSets.ts";

const HISTOGRAM_BINS = 40;
const ROC_POINTS = 101;
const WORST = 8;

type Judged = Pick<SetResult, "metrics" | "histogram" | "roc" | "worst">;

const undefinedResult: Judged = {
  metrics: { auroc: null, fpr95Id: null, fpr95Ood: null, auprIn: null, auprOut: null },
  histogram: null,
  roc: null,
  worst: [],
};

type OodSet = SetInfo & { readonly group: "near" | "far"; readonly role: "test" | "val" };

/** Test sets are judged against ID-test, validation sets against ID-val; ID, train and diagnostic sets not at all. */
function isJudged(set: SetInfo): set is OodSet {
  return set.group !== "id" && (set.role === "test" || set.role === "val");
}

/**
 * Every chosen detector on every OOD set that the evaluation holds, one after the other.
 *
 * @param onScores takes each detector's confidences, of which the result holds only what panels draw
 */
export async function summariseDetectors(
  evaluation: Evaluation,
  infos: readonly SetInfo[],
  chosen: readonly DetectorChoice[],
  scoring: Scoring,
  onScores: (scores: DetectorScores) => void = () => {},
): Promise<DetectorResult[]> {
  const results: DetectorResult[] = [];
  for (const [k, choice] of chosen.entries()) {
    const each: Scoring = {
      ...scoring,
      onProgress: (done, total, name) => scoring.onProgress?.(k * total + done, chosen.length * total, name),
    };
    const scored = await scoreSets(evaluation, infos, choice, each);
    onScores(scored);
    results.push(summarise(scored, evaluation, infos));
  }
  return results;
}

/** One detector's scores as metrics, curves and mistakes. */
export function summarise(scored: DetectorScores, evaluation: Evaluation, infos: readonly SetInfo[]): DetectorResult {
  const { classes } = evaluation;
  const sets: SetResult[] = [];
  for (const { name, group, role } of infos.filter(isJudged)) {
    const idName = idSet(infos, role)?.name ?? "";
    const id = evaluation.sets.get(idName);
    const ood = evaluation.sets.get(name);
    if (id === undefined || ood === undefined) continue;
    const about = { set: name, group, test: role === "test", nId: id.count, nOod: ood.count };
    const idScores = scored.scores.get(idName);
    const oodScores = scored.scores.get(name);
    const result =
      idScores && oodScores ? judge(idScores, oodScores, about.test ? ood.logits : null, classes) : undefinedResult;
    sets.push({ ...about, ...result });
  }
  const idTest = idSet(infos, "test")?.name ?? "";
  const idScores = scored.scores.get(idTest);
  const idLogits = evaluation.sets.get(idTest)?.logits;
  const variant = choiceKey(scored.choice);
  return {
    detector: scored.choice.name,
    ...(variant === scored.choice.name ? {} : { variant }),
    params: scored.params,
    undefinedBecause: reasonOf(scored),
    near: meanMetrics(sets.filter((set) => set.test && set.group === "near")),
    far: meanMetrics(sets.filter((set) => set.test && set.group === "far")),
    sets,
    worstId: idScores && idLogits ? mistakes(idScores, lowest(idScores, WORST), idLogits, classes) : [],
  };
}

function mistakes(scores: Float32Array, worst: readonly number[], logits: Float32Array, classes: number): Mistake[] {
  return worst.map((index) => ({
    index,
    score: scores[index] as number,
    predicted: predictions(logits.subarray(index * classes, (index + 1) * classes), classes)[0] as number,
  }));
}

/** One sentence per cause, with the sets that it concerns where others do have a value; null where all have one. */
function reasonOf({ scores, undefinedBecause }: DetectorScores): string | null {
  if (undefinedBecause.size === 0) return null;
  const causes = new Map<string, string[]>();
  for (const [set, because] of undefinedBecause) causes.set(because, [...(causes.get(because) ?? []), set]);
  const sentences = [...causes].map(([because, sets]) =>
    scores.size === 0 && causes.size === 1 ? because : `${because} (${sets.join(", ")})`,
  );
  return sentences.join("; ");
}

/** `oodLogits` null leaves out curves and mistakes: nothing draws those of validation sets. */
function judge(id: Float32Array, ood: Float32Array, oodLogits: Float32Array | null, classes: number): Judged {
  const sorted = thresholds(id, ood);
  const { auroc, fpr95Id, fpr95Ood, auprIn, auprOut } = metricsOf(sorted);
  const metrics = { auroc, fpr95Id, fpr95Ood, auprIn, auprOut };
  if (oodLogits === null) return { ...undefinedResult, metrics };
  const { fpr, tpr } = rocOf(sorted, ROC_POINTS);
  return {
    metrics,
    histogram: histogramOf(sorted, HISTOGRAM_BINS),
    roc: { fpr: fpr.map(tenThousandths), tpr: tpr.map(tenThousandths) },
    worst: mistakes(ood, highest(ood, WORST), oodLogits, classes),
  };
}

// Drawn only: a summary of dozens of curves stays small, and no panel is 10,000 pixels wide.
function tenThousandths(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** Accuracies of the classifier itself; null where the evaluation holds no such set. */
export interface ClassifierAccuracies {
  readonly idTest: number | null;
  readonly idVal: number | null;
  /** By name of each diagnostic ID set, e.g. the shuffled hues of Shapes. */
  readonly diagnostic: Readonly<Record<string, number>>;
}

/** Share of images whose largest logit is their label, on ID-test, ID-val and the diagnostic ID sets. */
export function classifierAccuracies(evaluation: Evaluation, info: BenchmarkInfo): ClassifierAccuracies {
  const on = (set: SetInfo | undefined): number | null => {
    const activations = set && evaluation.sets.get(set.name);
    return activations ? accuracy(predictions(activations.logits, evaluation.classes), activations.labels) : null;
  };
  const diagnostic: Record<string, number> = {};
  for (const set of info.sets) {
    const value = set.group === "id" && set.role === "diagnostic" ? on(set) : null;
    if (value !== null) diagnostic[set.name] = value;
  }
  return { idTest: on(idSet(info.sets, "test")), idVal: on(idSet(info.sets, "val")), diagnostic };
}
