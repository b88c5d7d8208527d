import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesSource } from "../../checkpoints/byteSource.ts";
import { openCheckpoint } from "../../checkpoints/openCheckpoint.ts";
import { writeSafetensors } from "../../checkpoints/safetensors.ts";
import { openWasmTrainingOps } from "../../engine/ops/tape/node/open.ts";
import { Stream } from "../../random/stream.ts";
import type { UNetSizes } from "../architectures/ddpm/sizes.ts";
import { recogniseGenerator } from "../architectures/registry.ts";
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

let device: Awaited<ReturnType<typeof openWasmTrainingOps>>;
beforeAll(async () => {
  device = await openWasmTrainingOps(2);
});
afterAll(() => device?.dispose());

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
  const losses: number[] = [];
  while (training.step < until) losses.push(Object.values(await training.advance(device))[0] as number);
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
    while (second.step < 3) await second.advance(device);
    expect(second.state()).toEqual(whole.training.state());
  });

  it("holds no more memory after more steps", async () => {
    const training = new Training(RECIPES.vae?.() as Recipe, 9);
    for (let step = 0; step < 3; step++) await training.advance(device);
    const { bytes } = device.ops;
    for (let step = 0; step < 3; step++) await training.advance(device);
    expect(device.ops.bytes).toBe(bytes);
  });

  it.each(["ddpm", "vae"])("%s: the bits do not depend on the number of threads", async (kind) => {
    const make = RECIPES[kind] as () => Recipe;
    const two = await trained(make(), 2, 2);
    const single = await openWasmTrainingOps(1);
    const one = new Training(make(), 2);
    while (one.step < 2) await one.advance(single);
    single.dispose();
    expect(one.state()).toEqual(two.training.state());
  });

  it("exports a decoder that the architecture of StudioGAN takes", async () => {
    const recipe = RECIPES.vae?.() as Recipe;
    const { tensors, metadata } = await recipe.exported(device, recipe.parameters);
    const bytes = writeSafetensors(tensors, metadata);
    const file = await openCheckpoint([{ name: "vae.safetensors", source: bytesSource(bytes) }]);
    const recognised = recogniseGenerator(file);
    expect(recognised?.description).toMatchObject({ architecture: "studiogan-big-resnet", classes: 2, latentSize: 64 });
  });

  it("refuses the state of another network", async () => {
    const { training } = await trained(RECIPES.ddpm?.() as Recipe, 2, 1);
    expect(() => new Training(RECIPES.vae?.() as Recipe, 2).restore(1, training.state())).toThrow("does not hold");
  });
});
