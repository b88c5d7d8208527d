import { type DetectorScores, scoreSets } from "../src/detection/scoring/scoreSets.ts";
import { openScored, rescore, type ScoreContext, scoringOf } from "../src/runs/evaluation/rescore.ts";
import { readSummary } from "../src/runs/evaluation/summaries.ts";
import { codeOf } from "../src/study/errors.ts";
import type { CellSummary } from "../src/study/summary.ts";

/** Confidences under every detector of the summary with its preset's values, from the kept features. */
export async function cellScores({ cell, detectors }: CellSummary, context: ScoreContext): Promise<DetectorScores[]> {
  const choices = detectors.filter(({ variant }) => variant === undefined).map(({ detector }) => ({ name: detector }));
  const opened = await openScored({ kind: "cell", cell }, choices, context);
  const scored: DetectorScores[] = [];
  for (const choice of choices) {
    const scoring = { ...scoringOf(opened, context), roles: ["test"] as const };
    scored.push(await scoreSets(opened.evaluation, opened.sets, choice, scoring));
  }
  return scored;
}

/** Names of detectors that the summary has no result of. */
export function lackingDetectors({ detectors }: CellSummary, wanted: readonly string[]): string[] {
  const known = new Set(detectors.flatMap(({ detector, variant }) => (variant === undefined ? [detector] : [])));
  return wanted.filter((name) => !known.has(name));
}

/**
 * The summary of a finished cell with further detectors, scored from its kept features without a forward pass; null
 * where they are not kept any more.
 */
export async function completed(
  { cell }: CellSummary,
  detectors: readonly string[],
  context: ScoreContext,
): Promise<CellSummary | null> {
  try {
    await rescore(
      { kind: "cell", cell },
      detectors.map((name) => ({ name })),
      context,
    );
    return await readSummary(context.store, cell.id);
  } catch (error) {
    if (codeOf(error) === "not-evaluated") return null;
    throw error;
  }
}

/** The study's detectors first, in its order. */
export function inOrder(summary: CellSummary, order: readonly string[]): CellSummary {
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return { ...summary, detectors: [...summary.detectors].sort((a, b) => place(a.detector) - place(b.detector)) };
}
