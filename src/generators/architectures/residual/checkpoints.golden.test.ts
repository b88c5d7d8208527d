import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../../checkpoints/byteSource.ts";
import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import { openCheckpoint } from "../../../checkpoints/openCheckpoint.ts";
import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import type { SamplingSettings } from "../../../study/generatorRecord.ts";
import type { Recognised } from "../architecture.ts";
import { recogniseGenerator } from "../registry.ts";
import { excess } from "../testing/goldenCase.ts";
import { goldenPath, goldensThere, goldenTensors } from "../testing/node/goldenFiles.ts";
import type { ResidualNetwork } from "./network.ts";

function open(...paths: string[]): Promise<CheckpointFile> {
  return openCheckpoint(
    paths.map((path) => ({
      name: path,
      source: bytesSource(new Uint8Array(readFileSync(goldenPath(`checkpoints/${path}`)))),
    })),
  );
}

async function recognise(...paths: string[]): Promise<Recognised> {
  const recognised = recogniseGenerator(await open(...paths));
  if (recognised === null) throw new Error(`${paths[0]} was not recognised.`);
  return recognised;
}

async function images(
  recognised: Recognised,
  settings: Partial<SamplingSettings>,
  z: Float32Array,
  labels: Int32Array,
) {
  const ops = plainOps();
  const network = await recognised.load(ops, { ...recognised.description.defaults, ...settings });
  const made = await (network as ResidualNetwork).images(z, labels);
  network.dispose();
  expect(ops.bytes).toBe(0);
  ops.dispose();
  return made;
}

describe.skipIf(!goldensThere)("checkpoint files of residual generators", () => {
  it.each([
    ["model=G_ema-best-weights-step=1000.pth", "studiogan_G_ema", true],
    ["studiogan_G_ema_legacy.pth", "studiogan_G_ema", true],
    ["studiogan_G_ema_half.pth", "studiogan_G_ema_half", true],
  ])("%s gives the golden images", async (file, io, ema) => {
    const recognised = await recognise(`valid/${file}`);
    expect(recognised.description).toMatchObject({
      architecture: "studiogan-big-resnet",
      classes: 10,
      resolution: 32,
      latentSize: 16,
      ema,
      warnings: [],
      defaults: { spectralNorm: "step", batchNorm: "stored", truncation: null },
    });
    const golden = goldenTensors(`checkpoints/valid/${io}.io.safetensors`);
    const labels = Int32Array.from(golden.float("y"));
    const made = await images(recognised, { spectralNorm: "stored" }, golden.float("z"), labels);
    expect(excess(made, golden.float("images_eval"), 2e-5)).toBeLessThanOrEqual(0);
  });

  it("takes the generator of a file with an optimizer's state", async () => {
    const { description } = await recognise("valid/model=G-best-weights-step=1000.pth");
    expect(description).toMatchObject({ architecture: "studiogan-big-resnet", ema: false });
  });

  it("BigGAN-deep in a folder gives the golden images; its config.json says what no shape does", async () => {
    const recognised = await recognise("valid/biggan_small/config.json", "valid/biggan_small/pytorch_model.bin");
    expect(recognised.description).toMatchObject({
      architecture: "biggan-deep",
      classes: 20,
      resolution: 16,
      latentSize: 16,
      warnings: [],
    });
    const io = goldenTensors("checkpoints/valid/biggan_small.io.safetensors");
    const labels = Int32Array.from(io.float("class_ids"));
    const z = io.float("z");
    const made = await images(recognised, { truncation: 0.5 }, z, labels);
    expect(excess(made, io.float("images_trunc0.5"), 2e-5)).toBeLessThanOrEqual(0);
    const alone = await recognise("valid/biggan_small/pytorch_model.bin");
    expect(alone.description.warnings.join()).toContain("config.json");
  });

  it.each<[string, readonly (string | RegExp)[]]>([
    ["42_wrong_dtype_int_weight", ["linear0.weight_orig"]],
    [
      "45_missing_keys",
      ["missing: blocks.0.0.conv2d2.weight_orig [32, 32, 3, 3]", "missing: bn4.bias [32]", "2 of its"],
    ],
    [
      "48_wrong_shapes",
      [
        /shared\.weight has shape \[10, 13\], expected \[10, 12\]/,
        /conv2d5\.weight_orig has shape .*, expected \[3, 32, 3, 3\]/,
      ],
    ],
    ["49_wrong_architecture", [/StyleGAN/]],
    ["50_discriminator_instead_of_generator", [/discriminator/]],
    ["51_optimizer_only", [/state_dict/]],
  ])("refuses %s", async (file, parts) => {
    const refusal = await recognise(`hostile/${file}.pth`).then(
      () => "accepted",
      (error: Error) => `${error.name}: ${error.message}`,
    );
    expect(refusal).toContain("CheckpointError");
    for (const part of parts) expect(refusal).toMatch(part);
  });

  it.each([
    ["43_nan_inf_weights", ["blocks.1.0.conv2d1.weight_orig", "bn4.running_var"]],
    ["44_negative_running_var", ["bn4.running_var"]],
    ["46_missing_num_batches_tracked_only", []],
    ["47_extra_keys", ["extra.module.weight", "info_proj_linear.weight"]],
  ])("accepts %s, with a warning that names what is wrong", async (file, names) => {
    const recognised = await recognise(`hostile/${file}.pth`);
    const ops = plainOps();
    const network = await recognised.load(ops, recognised.description.defaults);
    const warnings = [...recognised.description.warnings, ...network.warnings];
    for (const name of names) expect(warnings.join("\n")).toContain(name);
    if (names.length === 0) expect(warnings).toEqual([]);
    ops.dispose();
  });
});
