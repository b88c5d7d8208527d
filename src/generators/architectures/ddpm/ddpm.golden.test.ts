import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImageOps } from "../../../engine/ops/imageOps.ts";
import { openNodeImageOps } from "../../../engine/ops/node/open.ts";
import type { SamplingSettings } from "../../../study/generatorRecord.ts";
import { excess, type GoldenFill, type GoldenKey, goldenTensor, memoryCheckpoint } from "../testing/goldenCase.ts";
import { goldenJson, goldensThere, goldenTensors } from "../testing/node/goldenFiles.ts";
import { ddpm, ddpmCheckpoint } from "./ddpm.ts";
import { loadUNet } from "./network.ts";
import { type SamplerOptions, sampleDiffusion } from "./sampler.ts";
import { betas, diffusionSchedule } from "./schedule.ts";
import { unet } from "./unet.ts";

interface Manifest {
  readonly fill: GoldenFill;
}

const SMALL = "ddpm/small_trajectories";

/** The small UNet of the golden set: 16×16 pixels, which its file does not say. */
function smallCheckpoint(folder: string) {
  return checkpointOf(folder, `${SMALL}/keys_pesser.json`);
}

function checkpointOf(folder: string, keys: string) {
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
  let ops: ImageOps;
  beforeAll(async () => {
    ops = await openNodeImageOps({ threads: 2, reproducible: false });
  });
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

  const fixed = { sampler: "ddpm", eta: 0, clip: 1, noise: "predicted", variance: "fixed-large" } as const;
  it.each<[string, SamplerOptions]>([
    ["ddpm_pesser_t999_995_fixedlarge", { ...fixed, timesteps: [999, 998, 997, 996, 995, 994] }],
    ["ddpm_pesser_t4_0_fixedlarge", { ...fixed, timesteps: [4, 3, 2, 1, 0] }],
    ["ddpm_pesser_t4_0_fixedsmall", { ...fixed, timesteps: [4, 3, 2, 1, 0], variance: "fixed-small" }],
    ["ddim_eta0_clip_rederive", { ...fixed, timesteps: [800, 600, 400, 200, 0], sampler: "ddim", noise: "rederived" }],
  ])("%s", async (name, options) => {
    const checkpoint = ddpmCheckpoint(smallCheckpoint(SMALL));
    if (!checkpoint) throw new Error("not recognised");
    const weights = await loadUNet(checkpoint, ops, []);
    const [start, noises] = [tensor("x_T"), tensor("noises")];
    const steps: Float32Array[] = [];
    await sampleDiffusion(diffusionSchedule(betas("linear", 1e-4, 0.02, 1000)), options, start, {
      predict: async (x, t) => {
        const epsilon = ops.scope(() => unet(ops, weights, ops.upload(x, [2, 3, 16, 16]), [t]));
        const numbers = await ops.read(epsilon);
        ops.free(epsilon);
        return numbers;
      },
      normals: (k) => noises.slice(k * start.length, (k + 1) * start.length),
      onStep: async (_, x) => void steps.push(x),
    });
    const five = Float32Array.from(steps.slice(0, 5).flatMap((x) => [...x]));
    expect(excess(five, tensor(name), 1e-3)).toBeLessThanOrEqual(0);
    weights.dispose();
  });

  it("knows the eps of the group norms", async () => {
    const checkpoint = ddpmCheckpoint(smallCheckpoint("ddpm/small_signal"));
    if (!checkpoint) throw new Error("not recognised");
    const weights = await loadUNet(checkpoint, ops, []);
    const small = goldenTensors("ddpm/small_signal/io.safetensors");
    const epsilon = unet(ops, weights, ops.upload(small.float("x"), [2, 3, 16, 16]), small.float("t"));
    expect(excess(await ops.read(epsilon), small.float("eps"), 1e-4)).toBeLessThanOrEqual(0);
    weights.dispose();
  });

  it("predicts the noise of CIFAR-10 at full size, at one timestep and at three in one batch", async () => {
    const full = "ddpm/full_cifar10";
    const file = checkpointOf(full, `${full}/keys_pesser.json`);
    const checkpoint = ddpmCheckpoint({ ...file, metadata: {} });
    if (!checkpoint) throw new Error("not recognised");
    const weights = await loadUNet(checkpoint, ops, []);
    const cifar = goldenTensors(`${full}/io.safetensors`);
    for (const [name, times] of [
      ["t0", [0]],
      ["t100", [100]],
      ["t999", [999]],
      ["mixed", cifar.float("t_mixed")],
    ] as const) {
      const x = cifar.float(`x_${name}`);
      const epsilon = ops.scope(() => unet(ops, weights, ops.upload(x, [x.length / 3072, 3, 32, 32]), times));
      const difference = excess(await ops.read(epsilon), cifar.float(`eps_${name}`), 0);
      expect(difference).toBeLessThanOrEqual(2e-4);
      ops.free(epsilon);
    }
    weights.dispose();
  }, 60_000);
});
