import type { SearchCandidate } from "../../study/rescore.ts";

/** The search curve on a width × height area; y is the AUROC between `low` and `high`. */
export interface SearchCurve {
  readonly low: number;
  readonly high: number;
  /** Candidates in order; null where the detector is undefined. */
  readonly points: readonly ({ readonly x: number; readonly y: number } | null)[];
}

/** Least range of the axis: a flat curve looks flat. */
const LEAST = 0.02;

/** null where no candidate has a value. */
export function searchCurve(
  candidates: readonly Pick<SearchCandidate, "auroc">[],
  width: number,
  height: number,
): SearchCurve | null {
  const values = candidates.flatMap(({ auroc }) => auroc ?? []);
  if (values.length === 0) return null;
  const middle = (Math.min(...values) + Math.max(...values)) / 2;
  const half = Math.max(LEAST, Math.max(...values) - Math.min(...values)) / 2;
  // Whole percents, in spite of binary fractions.
  const low = Math.floor(Math.max(0, middle - half) * 100 + 1e-6) / 100;
  const high = Math.ceil(Math.min(1, middle + half) * 100 - 1e-6) / 100;
  const step = width / candidates.length;
  return {
    low,
    high,
    points: candidates.map(({ auroc }, at) =>
      auroc === null ? null : { x: (at + 0.5) * step, y: height * (1 - (auroc - low) / (high - low)) },
    ),
  };
}
