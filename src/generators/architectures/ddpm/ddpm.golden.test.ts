import { afterAll, describe, expect, it } from "vitest";
import type { ImageOps } from "../../../engine/ops/imageOps.ts";
import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import type { SamplingSettings } from "../../../study/generatorRecord.ts";
import {
  excess,
  type GoldenFill,
  type GoldenKey,
  goldenJson,
  goldensThere,
  goldenTensor,
  goldenTensors,
  memoryCheckpoint,
} from "../testing/goldenCase.ts";
import { ddpm } from "./ddpm.ts";

interface Manifest {
  readonly fill: GoldenFill;
}

const SMALL = "ddpm/small_trajectories";

/** The small UNet of the golden set: 16×16 pixels, which its file does not say. */
function smallCheckpoint(folder: string, keys = `${SMALL}/keys_pesser.json`) {
  const { fill } = goldenJson<Manifest>(`${folder}/manifest.json`);
  return memoryCheckpoint(goldenJson<GoldenKey[]>(keys), (key) => goldenTensor(key, fill) ?? new Float32Array(), {
    metadata: { resolution: "16" },
  });
}

async function load(folder: string, settings: Partial<SamplingSettings>, ops: ImageOps) {
  const recognised = ddpm.recognise(smallCheckpoint(folder));
  if (!recognised) throw new Error("not recognised");
  return recognised.load(ops, { ...recognised.description.defaults, ...settings });
}

describe.skipIf(!goldensThere)("trajectories of the small UNet", () => {
  const ops = plainOps();
  afterAll(() => ops.dispose());
  const io = goldensThere ? goldenTensors(`${SMALL}/io.safetensors`) : null;
  const tensor = (name: string): Float32Array => io?.float(name) ?? new Float32Array();

  it.each<[string, Partial<SamplingSettings>]>([
    ["ddim_eta0_clip", { spacing: "uniform" }],
    ["ddim_eta0_noclip", { spacing: "uniform", clip: false }],
    ["ddim_eta1_clip", { spacing: "uniform", eta: 1 }],
    ["ddim_eta0_clip_trailing", { spacing: "trailing" }],
    ["ddpm_diffusers_5steps_fixed_large", { spacing: "uniform", sampler: "ddpm" }],
    ["ddpm_diffusers_5steps_fixed_small", { spacing: "uniform", sampler: "ddpm", variance: "fixed-small" }],
  ])("%s", async (name, settings) => {
    const network = await load(SMALL, { steps: 5, ...settings }, ops);
    const noises = tensor("noises");
    const start = tensor("x_T");
    const steps: Float32Array[] = [];
    const images = await network.sample({
      count: 2,
      latents: start,
      labels: null,
      normals: (step, perImage) => {
        expect(perImage).toBe(768);
        const k = Number(/^step\/(\d)$/.exec(step)?.[1]);
        return noises.slice(k * start.length, (k + 1) * start.length);
      },
      onStep: async (_, x) => void steps.push(x.slice()),
    });
    const all = Float32Array.from(steps.flatMap((x) => [...x]));
    expect(excess(all, tensor(name), 1e-3)).toBeLessThanOrEqual(0);
    expect(images).toEqual(steps[4]);
    network.dispose();
  });
});
