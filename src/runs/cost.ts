import type { BenchmarkInfo } from "../data/benchmark.ts";
import type { Cell } from "../study/cell.ts";
import { stepsPerEpoch, totalSteps } from "../study/recipe.ts";

/** An evaluation forward takes about a third of a training step per image. */
const FORWARD_SHARE = 0.35;
/** Bytes per feature or logit kept for re-scoring. */
const FLOAT_BYTES = 4;

/** What a cell costs when a step takes `secondsPerStep`: training, validation history and evaluation, without its pool. */
export function cellSeconds(cell: Cell, info: BenchmarkInfo, secondsPerStep: number): number {
  const count = (match: (set: BenchmarkInfo["sets"][number]) => boolean): number =>
    info.sets.filter(match).reduce((sum, set) => sum + set.count, 0);
  const real = cell.recipe.realCount ?? count((set) => set.role === "train");
  const steps = totalSteps(cell.recipe, real);
  const epochs = Math.ceil(steps / stepsPerEpoch(real, cell.recipe.batch));
  const perImage = (secondsPerStep / cell.recipe.batch) * FORWARD_SHARE;
  const measured = Math.ceil(epochs / cell.recipe.historyEvery) * count((set) => set.role === "val");
  return steps * secondsPerStep + (measured + count(() => true)) * perImage;
}

/** Bytes a cell keeps: its checkpoint with momenta, and features and logits of every set. */
export function cellBytes(cell: Cell, info: BenchmarkInfo): number {
  const features = 8 * cell.width;
  const images = info.sets.reduce((sum, set) => sum + set.count, 0);
  const parameters = 11_173_962 * (cell.width / 64) ** 2;
  return FLOAT_BYTES * (images * (features + info.classNames.length) + 2 * parameters);
}
