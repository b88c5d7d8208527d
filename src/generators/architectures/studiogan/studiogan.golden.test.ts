import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImageOps } from "../../../engine/ops/imageOps.ts";
import { openNodeImageOps } from "../../../engine/ops/node/open.ts";
import type { SamplingSettings } from "../../../study/generatorRecord.ts";
import type { ResidualNetwork } from "../residual/network.ts";
import { excess, type GoldenFill, type GoldenKey, goldenTensor, memoryCheckpoint } from "../testing/goldenCase.ts";
import { goldenJson, goldensThere, goldenTensors } from "../testing/node/goldenFiles.ts";
import { studioGan } from "./studiogan.ts";

const CASES = ["biggan", "crgan", "icrgan", "mhgan", "reacgan"];

/** A network of the full size, filled by the formula. */
function recogniseCase(name: string) {
  const folder = `studiogan/${name}`;
  const { fill } = goldenJson<{ fill: GoldenFill }>(`${folder}/manifest.json`);
  const vectors = goldenTensors(`${folder}/extras.safetensors`);
  const file = memoryCheckpoint(
    goldenJson<GoldenKey[]>(`${folder}/keys.json`),
    (key) => goldenTensor(key, fill) ?? vectors.float(key.name),
  );
  const recognised = studioGan.recognise(file);
  if (recognised === null) throw new Error("Not recognised.");
  return recognised;
}

describe.skipIf(!goldensThere).each(CASES)("%s", (name) => {
  let ops: ImageOps;
  beforeAll(async () => {
    ops = await openNodeImageOps({ threads: 0, reproducible: false });
  });
  afterAll(() => ops.dispose());

  it.each<[string, string, Partial<SamplingSettings>, number]>([
    ["images_eval", "z", { spectralNorm: "stored" }, 2e-5],
    ["images_power_iter1", "z", { spectralNorm: "step" }, 2e-5],
    ["images_trunc07_eval", "z_trunc07", { spectralNorm: "stored" }, 2e-5],
    ["images_batch_stat", "z", { spectralNorm: "stored", batchNorm: "batch" }, 1e-4],
  ])("%s", async (expected, z, settings, tolerance) => {
    const io = goldenTensors(`studiogan/${name}/io.safetensors`);
    const recognised = recogniseCase(name);
    const network = (await recognised.load(ops, {
      ...recognised.description.defaults,
      ...settings,
    })) as ResidualNetwork;
    const start = performance.now();
    const made = await network.images(io.float(z), Int32Array.from(io.float("y")));
    console.log(expected, performance.now() - start, network.warnings);
    network.dispose();
    const golden = io.float(expected);
    let largest = 0;
    golden.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(value - (made[i] as number)));
    });
    console.log("largest", largest);
    expect(excess(made, golden, tolerance)).toBeLessThanOrEqual(0);
  });
});
