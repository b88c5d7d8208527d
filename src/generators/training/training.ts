import type { TensorToWrite } from "../../checkpoints/safetensors.ts";
import { exactCos } from "../../random/exactMath.ts";
import { Adam, clipNorm } from "./adam.ts";
import type { TrainingDevice } from "./differentiate.ts";
import { averageInto, copyOf, dataOf, type Parameters } from "./parameters.ts";
import type { Recipe } from "./recipe.ts";

/** Steps over which the learning rate rises to its full height; a tenth of a short training. */
const WARM_UP = 100;

/**
 * A generator under training. Batches, noise and learning rates depend on the seed and the step alone, so a run that
 * was cut off and restored ends in the same bits.
 */
export class Training {
  /** Steps done. */
  step = 0;
  readonly averaged: Parameters;
  private readonly adam: Adam;

  constructor(
    readonly recipe: Recipe,
    readonly steps: number,
  ) {
    if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`A training takes 1 step or more, not ${steps}.`);
    this.averaged = copyOf(recipe.parameters);
    this.adam = new Adam(recipe.parameters, recipe.adam);
  }

  /** One step. @returns its losses @throws Error when a loss is not a number */
  async advance(device: TrainingDevice): Promise<Readonly<Record<string, number>>> {
    const { recipe, step } = this;
    const { losses, gradients } = await recipe.gradients(device, step);
    for (const [name, loss] of Object.entries(losses)) {
      if (!Number.isFinite(loss)) {
        throw new Error(`In step ${step + 1} the loss "${name}" is ${loss}: the training diverged. Try another seed.`);
      }
    }
    clipNorm(gradients, recipe.clip);
    this.adam.update(gradients, recipe.learningRate * rateShare(step, this.steps), step + 1);
    averageInto(this.averaged, recipe.parameters, Math.min(recipe.averageDecay, (1 + step) / (10 + step)));
    this.step = step + 1;
    return losses;
  }

  /** Everything a later process needs to go on. */
  state(): Map<string, TensorToWrite> {
    const tensors = new Map<string, TensorToWrite>();
    for (const [part, parameters] of this.parts()) {
      for (const [name, tensor] of parameters) tensors.set(`${part}/${name}`, tensor);
    }
    return tensors;
  }

  /** @throws Error where the state is of another network */
  restore(step: number, state: ReadonlyMap<string, Pick<TensorToWrite, "data">>): void {
    for (const [part, parameters] of this.parts()) {
      for (const name of parameters.keys()) {
        const target = dataOf(parameters, name);
        const kept = state.get(`${part}/${name}`);
        if (!(kept?.data instanceof Float32Array) || kept.data.length !== target.length) {
          throw new Error(`The state to go on from does not hold "${part}/${name}" of ${target.length} numbers.`);
        }
        target.set(kept.data);
      }
    }
    this.step = step;
  }

  private parts(): (readonly [string, Parameters])[] {
    return [
      ["parameters", this.recipe.parameters],
      ["averaged", this.averaged],
      ["first", this.adam.first],
      ["second", this.adam.second],
    ];
  }
}

/** Linear rise, then half a cosine down to 0. */
export function rateShare(step: number, steps: number): number {
  const rise = Math.min(1, (step + 1) / Math.min(WARM_UP, Math.ceil(steps / 10)));
  return rise * 0.5 * (1 + exactCos((Math.PI * step) / steps));
}
