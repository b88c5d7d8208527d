import { groupMean, meanAndSigma } from "../../metrics/spread.ts";
import type { CellSummary } from "../../study/summary.ts";
import type { Curve } from "./cellIndex.ts";
import { detectorOf, pointOf } from "./curve.ts";

type Group = "near" | "far";
const groups: readonly Group[] = ["near", "far"];

/** What choosing α on validation sets costs on one group of test sets. */
export interface Regret {
  /** The α that is best there; ties: the larger. Known only from the test sets, so never a choice. */
  readonly bestAlpha: number;
  /** Mean test AUROC at bestAlpha minus that at the chosen α, fraction ≥ 0. */
  readonly value: number;
}

/** The α of a curve that its validation sets choose under one detector. */
export interface AlphaChoice {
  readonly alpha: number;
  /** Mean over seeds of the mean over groups of validation AUROC, fraction. */
  readonly validation: number;
  /** Groups that have a validation set: what was chosen on. */
  readonly on: readonly Group[];
  /** How many α it was chosen from. */
  readonly candidates: number;
  /** Seeds behind each candidate: [fewest, most]. */
  readonly seeds: readonly [number, number];
  /** null where a test mean is undefined. */
  readonly near: Regret | null;
  readonly far: Regret | null;
}

/** Why no α can be chosen, as a sentence. */
export interface NoAlphaChoice {
  readonly because: string;
}

interface Candidate {
  readonly alpha: number;
  readonly validation: number;
  readonly seeds: number;
}

/**
 * Chooses α as an honest study must: by the mean over seeds of the mean of near and far *validation* AUROC, ties to the
 * larger α. Test sets only tell what that choice costs. A seed without a value on a validation set is left out.
 */
export function chooseAlpha(curve: Curve, detector: string): AlphaChoice | NoAlphaChoice {
  const finished = curve.groups.filter((group) => group.cells.length > 0);
  const on = groups.filter((group) =>
    finished.some(({ cells }) => cells.some((cell) => validationOf(cell, detector, group) !== null)),
  );
  const candidates = finished.flatMap(({ alpha, cells }): Candidate[] => {
    const values = cells.flatMap((cell) => groupMean(on.map((group) => validationOf(cell, detector, group))) ?? []);
    const mean = meanAndSigma(values);
    return mean === null ? [] : [{ alpha, validation: mean.mean, seeds: mean.n }];
  });
  const best = highest(candidates, ({ validation }) => validation);
  if (finished.length < 2) return { because: "fewer than two α have finished, so there is nothing to choose from" };
  if (best === null)
    return {
      because: missing(
        finished.flatMap(({ cells }) => cells),
        detector,
      ),
    };
  if (candidates.length < 2) return { because: "only one α has a value on the validation sets" };
  const seeds = candidates.map((candidate) => candidate.seeds);
  const chosenFrom = new Set(candidates.map(({ alpha }) => alpha));
  const regret = (group: Group): Regret | null => {
    const tests = finished.flatMap((alphaGroup) => {
      const value = chosenFrom.has(alphaGroup.alpha) ? (pointOf(alphaGroup, detector)[group]?.mean ?? null) : null;
      return value === null ? [] : [{ alpha: alphaGroup.alpha, value }];
    });
    const top = highest(tests, ({ value }) => value);
    const chosen = tests.find(({ alpha }) => alpha === best.alpha);
    return top === null || chosen === undefined ? null : { bestAlpha: top.alpha, value: top.value - chosen.value };
  };
  return {
    alpha: best.alpha,
    validation: best.validation,
    on,
    candidates: candidates.length,
    seeds: [Math.min(...seeds), Math.max(...seeds)],
    near: regret("near"),
    far: regret("far"),
  };
}

/** Unweighted mean AUROC over the validation sets of a group; null where there is none or one has no value. */
function validationOf(summary: CellSummary, detector: string, group: Group): number | null {
  const sets = detectorOf(summary, detector)?.sets.filter((set) => !set.test && set.group === group) ?? [];
  return groupMean(sets.map((set) => set.metrics.auroc));
}

/** The item with the highest value; of equal ones that with the larger α. */
function highest<T extends { readonly alpha: number }>(items: readonly T[], value: (item: T) => number): T | null {
  return items.reduce<T | null>((top, item) => {
    if (top === null || value(item) > value(top)) return item;
    return value(item) === value(top) && item.alpha > top.alpha ? item : top;
  }, null);
}

function missing(cells: readonly CellSummary[], detector: string): string {
  const results = cells.flatMap((cell) => detectorOf(cell, detector) ?? []);
  if (results.length === 0) return "no finished cell has been scored with this detector";
  if (results.every(({ sets }) => sets.every((set) => set.test))) {
    return "this benchmark has no OOD validation set, and α is never chosen on test sets";
  }
  return "the detector has no value on the validation sets";
}
