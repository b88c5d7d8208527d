import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { readSafetensors, writeSafetensors } from "../../../checkpoints/safetensors.ts";
import { ddpmRecipe, smallUNet } from "../ddpmRecipe.ts";
import { type RealImages, shapesTrainImages } from "../realImages.ts";
import type { Recipe } from "../recipe.ts";
import { Training } from "../training.ts";
import { vaeRecipe } from "../vaeRecipe.ts";
import { openTrainingDevice } from "./device.ts";
import { Progress } from "./progress.ts";

const HELP = `Trains a generator on the 1,000 train images of Shapes.

npm run train-generator -- --kind ddpm|vae --out FILE.safetensors [options]
  --steps N     optimiser steps (default 4000)
  --batch N     images per step (default 32)
  --width N     channels at full resolution, a multiple of 8 (default 16)
  --seed N      (default 0)
  --threads N   kernel threads (default: all processors); the file does not depend on it
  --resume      go on from FILE.safetensors.state, if it is there

The file is written anew every two minutes. --resume with the same options ends in the same bytes.`;

/** The command. @param root folder of the repository @returns exit code */
export async function main(args: readonly string[], root: URL): Promise<number> {
  try {
    return await run(args, root);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

async function run(args: readonly string[], root: URL): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kind: { type: "string" },
      out: { type: "string" },
      steps: { type: "string", default: "4000" },
      batch: { type: "string", default: "32" },
      width: { type: "string", default: "16" },
      seed: { type: "string", default: "0" },
      threads: { type: "string", default: "0" },
      resume: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help || !values.kind || !values.out) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const [steps, batch, width, seed, threads] = (["steps", "batch", "width", "seed", "threads"] as const).map((name) => {
    const number = Number(values[name]);
    if (Number.isInteger(number) && number >= (name === "seed" || name === "threads" ? 0 : 1)) return number;
    throw new Error(`--${name} takes a whole number, not "${values[name]}".`);
  }) as [number, number, number, number, number];
  const images = await shapesTrainImages();
  const recipe = recipeOf(values.kind, images, width, batch, seed);
  const training = new Training(recipe, steps);
  const out = resolve(values.out);
  mkdirSync(dirname(out), { recursive: true });
  const identity = JSON.stringify({ kind: values.kind, steps, batch, width, seed });
  if (values.resume && existsSync(`${out}.state`)) goOn(training, `${out}.state`, identity);

  const device = await openTrainingDevice(threads, root);
  console.log(
    `${recipe.description}. ${countOf(recipe)} numbers, ${device.ops.device}, step ${training.step} of ${steps}.`,
  );
  const progress = new Progress(steps, training.step);
  const save = async () => {
    const { tensors, metadata } = await recipe.exported(device, training.averaged);
    const about = { ...metadata, ...provenance(images, training, seed, values.kind as string) };
    writeWhole(out, writeSafetensors(tensors, about));
    writeWhole(`${out}.state`, writeSafetensors(training.state(), { identity, step: `${training.step}` }));
  };
  while (training.step < steps) {
    progress.note(training.step + 1, await training.advance(device));
    if (progress.timeToSave() && training.step < steps) await save();
  }
  await save();
  console.log(`Wrote ${values.out}`);
  device.ops.dispose();
  return 0;
}

function recipeOf(kind: string, images: RealImages, width: number, batch: number, seed: number): Recipe {
  if (kind === "ddpm") return ddpmRecipe(images, smallUNet(width), batch, seed);
  if (kind === "vae") return vaeRecipe(images, width, batch, seed);
  throw new Error(`--kind takes ddpm or vae, not "${kind}".`);
}

function provenance(images: RealImages, training: Training, seed: number, kind: string): Record<string, string> {
  return {
    dataset: "shapes/train",
    images: `${images.count}`,
    classes: `${images.classes}`,
    objective: kind,
    recipe: training.recipe.description,
    steps: `${training.step} of ${training.steps}`,
    batch: `${training.recipe.batch}`,
    seed: `${seed}`,
    ema: `${training.recipe.averageDecay}`,
    provenance: "same-real-set",
  };
}

function goOn(training: Training, file: string, identity: string): void {
  const { metadata, tensors } = readSafetensors(readFileSync(file));
  if (metadata.identity !== identity) {
    throw new Error(`${file} is of another training: ${metadata.identity}, not ${identity}. Use another --out.`);
  }
  training.restore(Number(metadata.step), tensors);
}

function countOf({ parameters }: Recipe): string {
  return [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0).toLocaleString("en");
}

/** The whole file or none of it, also when the process is killed meanwhile. */
function writeWhole(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.partial`, bytes);
  renameSync(`${path}.partial`, path);
}
