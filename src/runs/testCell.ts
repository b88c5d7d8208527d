import { makeCell } from "../study/cell.ts";
import { presets } from "../study/recipe.ts";

/** For tests: a run on Shapes of a few steps. */
export function tinyCell(values: {
  alpha: number;
  seed?: number;
  steps?: number;
  batch?: number;
  realCount?: number;
  benchmark?: string;
  lr?: number;
}) {
  const { alpha, seed = 0, steps = 6, batch = 16, realCount = 48, benchmark = "shapes" } = values;
  const { lr = presets.quick.recipe.lr } = values;
  return makeCell({
    benchmark,
    network: "resnet18",
    width: 8,
    method: "ce",
    generator: alpha < 1 ? "simulated-3" : null,
    alpha,
    poolSize: alpha < 1 ? 64 : 0,
    poolSeed: 0,
    seed,
    preset: "quick",
    recipe: { ...presets.quick.recipe, lr, steps, batch, realCount, historyEvery: 100 },
  });
}
