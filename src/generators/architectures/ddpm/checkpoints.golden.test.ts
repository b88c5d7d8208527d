import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { bytesSource } from "../../../checkpoints/byteSource.ts";
import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import { openCheckpoint } from "../../../checkpoints/openCheckpoint.ts";
import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import { recogniseGenerator } from "../registry.ts";
import { excess } from "../testing/goldenCase.ts";
import { goldenPath, goldensThere, goldenTensors } from "../testing/node/goldenFiles.ts";
import { goldenQuantisation } from "../testing/node/quantisation.ts";
import { ddpmCheckpoint } from "./ddpm.ts";
import { loadUNet } from "./network.ts";
import { quantiseDiffusers, quantisePesser } from "./quantise.ts";
import { unet } from "./unet.ts";

const FOLDER = "checkpoints/valid";
const FLAT = ["config.json", "diffusion_pytorch_model.safetensors", "model_index.json", "scheduler_config.json"];
const NESTED = [
  "model_index.json",
  "scheduler/scheduler_config.json",
  "unet/config.json",
  "unet/diffusion_pytorch_model.bin",
];

function open(paths: readonly string[]): Promise<CheckpointFile> {
  const read = (path: string): Uint8Array => new Uint8Array(readFileSync(goldenPath(`${FOLDER}/${path}`)));
  return openCheckpoint(paths.map((name) => ({ name, source: bytesSource(read(name)) })));
}

describe.skipIf(!goldensThere)("checkpoint files of DDPM UNets", () => {
  const ops = plainOps();
  afterAll(() => ops.dispose());

  it.each([
    ["pesser_model-790000.ckpt", "pesser", ["pesser_model-790000.ckpt"]],
    ["pesser_model-790000_legacy.ckpt", "pesser", ["pesser_model-790000_legacy.ckpt"]],
    ["diffusers_flat_safetensors", "diffusers", FLAT.map((name) => `diffusers_flat_safetensors/${name}`)],
    [
      "diffusers_unet_subfolder_bin_oldnames",
      "diffusers-old",
      NESTED.map((name) => `diffusers_unet_subfolder_bin_oldnames/${name}`),
    ],
  ])("%s", async (_, dialect, paths) => {
    const file = await open(paths);
    const checkpoint = ddpmCheckpoint(file);
    if (!checkpoint) throw new Error("not recognised");
    expect(recogniseGenerator(file)?.description).toEqual(checkpoint.description);
    expect(checkpoint.dialect.id).toBe(dialect);
    expect(checkpoint.sizes.levels.map(({ width }) => width)).toEqual([32, 32]);
    if (dialect !== "pesser") expect(checkpoint.resolution).toBe(8);
    expect(checkpoint.description.warnings.length).toBe(dialect === "pesser" ? 1 : 0);

    const warnings: string[] = [];
    const weights = await loadUNet(checkpoint, ops, warnings);
    const io = goldenTensors(`${FOLDER}/ddpm_small.io.safetensors`);
    const epsilon = unet(ops, weights, ops.upload(io.float("x"), [2, 3, 8, 8]), io.float("t"));
    expect(excess(await ops.read(epsilon), io.float("eps"), 5e-5)).toBeLessThanOrEqual(0);
    expect(warnings).toEqual([]);
  });

  it("scheduler_config.json gives the defaults", async () => {
    const file = await open(FLAT.map((name) => `diffusers_flat_safetensors/${name}`));
    const defaults = ddpmCheckpoint(file)?.description.defaults;
    expect(defaults).toMatchObject({
      sampler: "ddim",
      steps: 50,
      spacing: "quad",
      clip: true,
      variance: "fixed-large",
    });
  });

  it("uint8 as pesser and diffusers have it", () => {
    const truncated = goldenQuantisation("pesser_torch2hwcuint8_clip");
    expect(quantisePesser(truncated.images)).toEqual(truncated.expected);
    const rounded = goldenQuantisation("diffusers_pipeline");
    expect(quantiseDiffusers(rounded.images)).toEqual(rounded.expected);
  });
});
