import { z } from "zod";

/** How one cell is trained: every value that changes a number, and nothing else. */
export const recipeSchema = z
  .strictObject({
    /** Optimiser steps; null when the budget is given in epochs. */
    steps: z.int().min(1).max(10_000_000).nullable(),
    /** Passes of ceil(n_real / batch) steps; null when the budget is given in steps. */
    epochs: z.int().min(1).max(100_000).nullable(),
    batch: z.int().min(2).max(4096),
    /** Peak learning rate. */
    lr: z.number().positive().max(100),
    /** Learning rate at the last step of the cosine. */
    lrFinal: z.number().min(0),
    /** Share of the steps in which the rate rises linearly from 0 to lr; 0 = none. */
    warmup: z.number().min(0).max(0.9),
    momentum: z.number().min(0).lt(1),
    /** On all parameters, batch norm and biases included, as in OpenOOD. */
    weightDecay: z.number().min(0),
    /** crop-flip: mirror with p = ½, then a random crop of the 4-pixel zero-padded image. */
    augment: z.enum(["crop-flip", "none"]),
    /** Real images used: the first N of the train set; null = all. */
    realCount: z.int().min(2).nullable(),
    /** Epochs between two points of the validation history; the last epoch always has one. */
    historyEvery: z.int().min(1),
    /** Which epoch is reported: the last, or the best accuracy on ID-val (ties → later). Never chosen on test. */
    selection: z.enum(["last", "best-id-val"]),
  })
  .refine((recipe) => (recipe.steps === null) !== (recipe.epochs === null), {
    message: "Give the budget either in steps or in epochs, and set the other to null.",
  });

export type Recipe = z.infer<typeof recipeSchema>;

export const presetNames = ["look", "quick", "paper", "v1.5"] as const;
export type PresetName = (typeof presetNames)[number];

export interface Preset {
  readonly name: PresetName;
  readonly title: string;
  /** One sentence for the page: what it is good for and what not. */
  readonly note: string;
  readonly width: number;
  readonly recipe: Recipe;
}

const openOod: Omit<Recipe, "epochs"> = {
  steps: null,
  batch: 128,
  lr: 0.1,
  lrFinal: 1e-6,
  warmup: 0,
  momentum: 0.9,
  weightDecay: 5e-4,
  augment: "crop-flip",
  realCount: null,
  historyEvery: 5,
  selection: "best-id-val",
};

const byDraws: Omit<Recipe, "steps"> = {
  ...openOod,
  epochs: null,
  batch: 64,
  lr: 0.05,
  warmup: 0.1,
  historyEvery: 8,
  selection: "last",
};

export const presets: Readonly<Record<PresetName, Preset>> = {
  look: {
    name: "look",
    title: "Look",
    note: "400 steps: a glance in under two minutes. Not converged; differences between cells are mostly noise.",
    width: 8,
    recipe: { ...byDraws, steps: 400 },
  },
  quick: {
    name: "quick",
    title: "Quick",
    note: "1,200 steps at width 8: converged on Shapes, small enough for a laptop without a GPU.",
    width: 8,
    recipe: { ...byDraws, steps: 1200 },
  },
  paper: {
    name: "paper",
    title: "Paper",
    note: "200 epochs at width 64, the SIO authors' training. Reports the epoch that is best on ID-val. Needs a GPU.",
    width: 64,
    recipe: { ...openOod, epochs: 200 },
  },
  "v1.5": {
    name: "v1.5",
    title: "OpenOOD v1.5",
    note: "100 epochs at width 64, the OpenOOD leaderboard's training. Reports the epoch that is best on ID-val. Needs a GPU.",
    width: 64,
    recipe: { ...openOod, epochs: 100 },
  },
};

/** Steps of one epoch: ceil(n_real / batch) whatever α (OpenOOD TwoSourceSampler). */
export function stepsPerEpoch(realImages: number, batch: number): number {
  return Math.ceil(realImages / batch);
}

/** Optimiser steps of the whole run. */
export function totalSteps(recipe: Recipe, realImages: number): number {
  return recipe.steps ?? (recipe.epochs as number) * stepsPerEpoch(realImages, recipe.batch);
}

/** Real and synthetic images of one full batch: real = trunc(B·α) in float64, as the reference sampler. */
export function batchSplit(batch: number, alpha: number): { real: number; synthetic: number; effective: number } {
  const real = Math.trunc(batch * alpha);
  return { real, synthetic: batch - real, effective: real / batch };
}

/** N_real / (N_real + N_pool): the α at which every image would weigh the same. */
export function naturalAlpha(realImages: number, poolSize: number): number {
  return realImages / (realImages + poolSize);
}
