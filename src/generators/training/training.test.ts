import { describe, expect, it } from "vitest";
import { plainOps } from "../../engine/ops/plain/plainOps.ts";
import { plainGradients } from "../../engine/ops/tape/plainGradients.ts";
import { Stream } from "../../random/stream.ts";
import type { UNetSizes } from "../architectures/ddpm/sizes.ts";
import { ddpmRecipe } from "./ddpmRecipe.ts";
import type { RealImages } from "./realImages.ts";
import type { Recipe } from "./recipe.ts";
import { Training } from "./training.ts";
import { vaeRecipe } from "./vaeRecipe.ts";

/** Eight images of two classes, bright and dark. */
function images(side: number): RealImages {
  const stream = new Stream(3, "images");
  const labels = Int32Array.from({ length: 8 }, (_, i) => i % 2);
  const size = 3 * side * side;
  const pixels = Float32Array.from({ length: 8 * size }, (_, at) => {
    return (labels[Math.floor(at / size)] ? 0.5 : -0.5) + 0.1 * stream.normal();
  });
  return { count: 8, classes: 2, side, pixels, labels };
}

const SIZES: UNetSizes = {
  channels: 8,
  timeWidth: 8,
  blocks: 1,
  levels: [
    { width: 8, attentionDown: false, attentionUp: false },
    { width: 8, attentionDown: false, attentionUp: false },
  ],
  groups: 4,
  eps: 1e-6,
  headWidth: null,
  downPadding: "after",
};

const device = () => {
  const ops = plainOps();
  return { ops, gradients: plainGradients(ops) };
};
const RECIPES: Readonly<Record<string, () => Recipe>> = {
  ddpm: () => ddpmRecipe(images(8), SIZES, 4, 5),
  vae: () => vaeRecipe(images(32), 8, 4, 5),
};

async function trained(
  recipe: Recipe,
  steps: number,
  until: number,
): Promise<{ training: Training; losses: number[] }> {
  const training = new Training(recipe, steps);
  const on = device();
  const losses: number[] = [];
  while (training.step < until) losses.push(Object.values(await training.advance(on))[0] as number);
  expect(on.ops.bytes).toBe(0);
  return { training, losses };
}

describe("training", () => {
  it("lowers the loss of a diffusion model", async () => {
    const { losses } = await trained(ddpmRecipe(images(8), SIZES, 8, 5), 80, 80);
    const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(mean(losses.slice(0, 10))).toBeGreaterThan(0.8);
    expect(mean(losses.slice(-20))).toBeLessThan(0.9 * mean(losses.slice(0, 10)));
  });

  it.each(Object.keys(RECIPES))("%s: cut off and restored, it ends in the same bits", async (kind) => {
    const make = RECIPES[kind] as () => Recipe;
    const whole = await trained(make(), 3, 3);
    const first = await trained(make(), 3, 1);
    const second = new Training(make(), 3);
    second.restore(first.training.step, first.training.state());
    const on = device();
    while (second.step < 3) await second.advance(on);
    expect(second.state()).toEqual(whole.training.state());
  });

  it("refuses the state of another network", async () => {
    const { training } = await trained(RECIPES.ddpm?.() as Recipe, 2, 1);
    expect(() => new Training(RECIPES.vae?.() as Recipe, 2).restore(1, training.state())).toThrow("does not hold");
  });
});
