import { MOST_MORE_SEEDS, PAIRED_SEEDS, type PairedDifference } from "../../metrics/paired.ts";
import type { Interval } from "../../metrics/studentT.ts";
import { plural, signedPoints } from "./format.ts";

/** "[−0.9, +3.5]": an interval of a difference, in points. */
export function differenceInterval({ low, high }: Interval): string {
  return `[${signedPoints(low)}, ${signedPoints(high)}]`;
}

/** What may be said of a difference: never better or worse below three seeds or across zero. */
export function verdictText({ n, verdict, moreSeeds }: PairedDifference): string {
  if (verdict === "too few seeds") return `needs ${PAIRED_SEEDS} seeds (${n} in common)`;
  if (verdict !== "unresolved" || moreSeeds === null) return verdict;
  return moreSeeds > MOST_MORE_SEEDS
    ? `unresolved; > ${MOST_MORE_SEEDS} more seeds`
    : `unresolved; about ${plural(moreSeeds, "more seed")}`;
}

/** "r = 0.42", "r undefined". */
export function correlationText(correlation: number | null): string {
  return correlation === null ? "r undefined" : `r = ${correlation.toFixed(2).replace("-", "−")}`;
}
