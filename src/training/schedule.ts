import { exactCos } from "../random/exactMath.ts";
import type { Recipe } from "../study/recipe.ts";

/**
 * Learning rate of a step: a linear rise over the first `warmup` share of the steps, then a cosine from lr to
 * lrFinal per step (OpenOOD's schedule when warmup = 0).
 * @param step 0-based, below total
 */
export function learningRate(recipe: Pick<Recipe, "lr" | "lrFinal" | "warmup">, step: number, total: number): number {
  const rise = Math.round(recipe.warmup * total);
  if (step < rise) return (recipe.lr * (step + 1)) / rise;
  const progress = (step - rise) / (total - rise);
  return recipe.lrFinal + (recipe.lr - recipe.lrFinal) * 0.5 * (1 + exactCos(Math.PI * progress));
}
