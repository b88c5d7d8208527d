import type { SetInfo } from "../../data/benchmark.ts";
import { idSet } from "../../detection/evaluation/evaluate.ts";
import { inSlices, type Pace } from "../../detection/evaluation/slices.ts";
import { choiceKey, type DetectorChoice } from "../../detection/params.ts";
import { scoreSets } from "../../detection/scoring/scoreSets.ts";
import { HierarchicalBootstrap, percentileInterval } from "../../metrics/bootstrap.ts";
import type { Interval } from "../../metrics/studentT.ts";
import { type RankedScores, rankScores } from "../../metrics/weightedAuroc.ts";
import type { Cell } from "../../study/cell.ts";
import { WorkbenchError } from "../../study/errors.ts";
import { Throttle } from "../eta.ts";
import { stoppable } from "../stopping.ts";
import { openScored, type ScoreContext, scoringOf } from "./rescore.ts";

/** Cells of one α, and the baselines of their seeds. */
export interface BootstrapRequest {
  readonly cells: readonly Cell[];
  /** α = 1 by the same seeds; a cell without one takes no part. Empty: no difference is asked for. */
  readonly baselines: readonly Cell[];
  readonly choice: DetectorChoice;
  readonly resamples: number;
  /** Of the draws. */
  readonly seed: number;
}

/** A statistic and its 95 % percentile interval, fractions. */
export interface BootstrapEstimate extends Interval {
  readonly value: number;
}

/** Mean AUROC over seeds and the test sets of a group. */
export interface GroupBootstrap {
  readonly mean: BootstrapEstimate;
  /** cells − baselines, on the same seeds and images; null without baselines. */
  readonly difference: BootstrapEstimate | null;
}

export interface BootstrapResult {
  /** Training seeds that took part. */
  readonly seeds: readonly number[];
  readonly resamples: number;
  /** null where the benchmark has no test set of the group. */
  readonly near: GroupBootstrap | null;
  readonly far: GroupBootstrap | null;
}

/** Progress is told in "cells" while they are scored, then in "resamples". */
export interface BootstrapJob extends BootstrapRequest, ScoreContext {}

interface TestScores {
  readonly ranked: RankedScores;
  readonly ood: readonly SetInfo[];
}

/**
 * Hierarchical bootstrap (seeds × images) of the mean near- and far-OOD AUROC of finished cells, from kept features.
 * Rejects with "not-evaluated" where a cell's features are not kept, "undefined-score" where the detector has no value
 * on a set, "no-common-seed" where no baseline has the seed of a cell.
 */
export async function bootstrapCells(job: BootstrapJob): Promise<BootstrapResult> {
  const arms = armsOf(job);
  const throttle = new Throttle(250);
  const progressed = (done: number, total: number, unit: string): void => {
    if (throttle.ready()) job.emit({ kind: "progress", phase: "evaluate", done, total, unit, etaSeconds: null });
  };
  // One for both halves of the job: a stop that comes while cells are scored must not look old to the draws.
  const pace = stoppable(job.control, "The bootstrap");
  const total = arms.length * (arms[0]?.length ?? 0);
  const scored: TestScores[] = [];
  for (const cell of arms.flat()) {
    pace.signal.throwIfAborted();
    scored.push(await testScores(cell, job, pace));
    progressed(scored.length, total, "cells");
  }
  const { ood } = scored[0] as TestScores;
  const groups = (["near", "far"] as const).flatMap((group) => {
    const sets = ood.flatMap((set, at) => (set.group === group ? [at] : []));
    return sets.length === 0 ? [] : [{ group, sets }];
  });
  const ranked = scored.map((scores) => scores.ranked);
  const seeds = (arms[0] ?? []).map((cell) => cell.seed);
  const bootstrap = new HierarchicalBootstrap({
    arms: arms.map((_, arm) => ranked.slice(arm * seeds.length, (arm + 1) * seeds.length)),
    groups: groups.map(({ sets }) => sets),
    images: "shared",
    seed: job.seed,
  });
  const estimate = bootstrap.estimate();
  const resampled: (typeof estimate)[] = [];
  await inSlices(
    pieces(job.resamples, (b) => {
      resampled.push(bootstrap.resample(b));
      progressed(b + 1, job.resamples, "resamples");
    }),
    { turn: job.turn, ...pace },
  );
  const over = (value: (means: typeof estimate) => number): BootstrapEstimate => ({
    value: value(estimate),
    ...percentileInterval(resampled.map(value)),
  });
  const groupBootstrap = (group: "near" | "far"): GroupBootstrap | null => {
    const at = groups.findIndex((known) => known.group === group);
    if (at < 0) return null;
    const of = (means: typeof estimate, arm: number): number => means[arm]?.[at] as number;
    return {
      mean: over((means) => of(means, 0)),
      difference: arms.length < 2 ? null : over((means) => of(means, 0) - of(means, 1)),
    };
  };
  return { seeds, resamples: job.resamples, near: groupBootstrap("near"), far: groupBootstrap("far") };
}

/** The cells, and their baselines in the order of the same seeds. */
function armsOf({ cells, baselines }: BootstrapRequest): (readonly Cell[])[] {
  if (baselines.length === 0) {
    if (cells.length === 0) throw new WorkbenchError("no-cell", "There is no finished cell to draw seeds from.");
    return [cells];
  }
  const pairs = cells.flatMap((cell) => {
    const baseline = baselines.find(({ seed }) => seed === cell.seed);
    return baseline === undefined ? [] : [{ cell, baseline }];
  });
  if (pairs.length === 0) {
    throw new WorkbenchError(
      "no-common-seed",
      "No baseline α = 1 has finished with the seed of one of these cells, so there is no difference to draw. Run it with the same seeds first.",
    );
  }
  return [pairs.map(({ cell }) => cell), pairs.map(({ baseline }) => baseline)];
}

async function testScores(cell: Cell, job: BootstrapJob, pace: Pace): Promise<TestScores> {
  const { choice } = job;
  const opened = await openScored({ kind: "cell", cell }, [choice], job, ["test"]);
  const { sets } = opened;
  const scoring = { ...scoringOf(opened, { ...job, emit: () => {} }), roles: ["test"] as const, ...pace };
  const scored = await scoreSets(opened.evaluation, sets, choice, scoring);
  const [because] = scored.undefinedBecause.values();
  if (because !== undefined) {
    throw new WorkbenchError("undefined-score", `${choiceKey(choice)} of the cell "${cell.id}" is ${because}.`);
  }
  const ood = sets.filter(({ name, group, role }) => role === "test" && group !== "id" && scored.scores.has(name));
  const id = scored.scores.get(idSet(sets, "test")?.name ?? "");
  if (id === undefined || ood.length === 0) {
    throw new WorkbenchError("no-test-set", `The cell "${cell.id}" was evaluated on no ID and OOD test set.`);
  }
  return {
    ood,
    ranked: rankScores(
      id,
      ood.map(({ name }) => scored.scores.get(name) as Float32Array),
    ),
  };
}

function* pieces(count: number, work: (b: number) => void): Generator<() => Promise<void>> {
  for (let b = 0; b < count; b++) yield async () => work(b);
}
