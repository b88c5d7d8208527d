import { describe, expect, it } from "vitest";
import type { ImageOps } from "../../../engine/ops/imageOps.ts";
import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import { Stream } from "../../../random/stream.ts";
import type { SamplingSettings } from "../../../study/generatorRecord.ts";
import { recogniseGenerator } from "../registry.ts";
import { studioGanPlan } from "../studiogan/plan.ts";
import { loadWeights } from "./load.ts";
import type { ResidualNetwork } from "./network.ts";
import { standingStatistics } from "./standing.ts";
import { tinyBigResnet } from "./testing/tinyBigResnet.ts";
import { checkpointOf, type Tensor } from "./testing/tinyState.ts";
import { truncated } from "./truncation.ts";

const normals = Float32Array.from({ length: 3 * 9 }, (_, i) => new Stream(2, "z", i).normal());
const labels = Int32Array.of(0, 3, 1);
const input = { count: 3, latents: normals, labels, normals: () => new Float32Array() };

async function load(
  tensors: ReadonlyMap<string, Tensor>,
  settings: Partial<SamplingSettings> = {},
  ops: ImageOps = plainOps(),
): Promise<ResidualNetwork> {
  const recognised = recogniseGenerator(checkpointOf(tensors));
  if (recognised === null) throw new Error("Not recognised.");
  return (await recognised.load(ops, { ...recognised.description.defaults, ...settings })) as ResidualNetwork;
}

function expectClose(a: Float32Array, b: Float32Array, tolerance: number): void {
  expect(a).toHaveLength(b.length);
  expect(a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0)).toBeLessThan(tolerance);
}

/** The same network under other names; `weight` is [weight, u, v] of a module that has a spectral norm. */
function renamed(change: (module: string, weight: readonly Tensor[]) => [string, Tensor][]): Map<string, Tensor> {
  const { tensors } = tinyBigResnet("hook");
  const out = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    const [, module, part] = /^(.*)\.weight_(orig|u|v)$/.exec(name) ?? [];
    if (module === undefined) out.set(name, tensor);
    if (module === undefined || part !== "orig") continue;
    const kept = ["orig", "u", "v"].map((key) => tensors.get(`${module}.weight_${key}`) as Tensor);
    for (const [key, value] of change(module, kept)) out.set(key, value);
  }
  return out;
}

describe("a tiny big_resnet", () => {
  it("is described by its shapes", async () => {
    const network = await load(tinyBigResnet("hook").tensors);
    expect(network.description).toMatchObject({
      architecture: "studiogan-big-resnet",
      classes: 4,
      resolution: 16,
      latentSize: 9,
      settings: ["truncation", "spectralNorm", "batchNorm"],
      details: { blocks: 2, channels: "8 8 6", attention: "8 × 8" },
    });
    expect(network.batch).toBe(64);
    const images = await network.sample(input);
    expect(images).toHaveLength(3 * 3 * 16 * 16);
    expect(images.every((value) => Math.abs(value) < 1)).toBe(true);
    expect(new Set(images).size).toBeGreaterThan(1000);
  });

  it("gives the same images with the spectral norms divided out, and as a parametrization", async () => {
    const settings = { spectralNorm: "stored" } as const;
    const expected = await (await load(tinyBigResnet("hook").tensors, settings)).sample(input);
    const parametrized = renamed((module, [weight, u, v]) => [
      [`${module}.parametrizations.weight.original`, weight as Tensor],
      [`${module}.parametrizations.weight.0._u`, u as Tensor],
      [`${module}.parametrizations.weight.0._v`, v as Tensor],
    ]);
    expect(await (await load(parametrized, settings)).sample(input)).toEqual(expected);
    const folded = renamed((module, [weight, u, v]) => {
      const { shape, data } = weight as Tensor;
      const columns = data.length / (shape[0] as number);
      const sigma = data.reduce(
        (sum, value, i) =>
          sum + value * (u?.data[Math.floor(i / columns)] as number) * (v?.data[i % columns] as number),
        0,
      );
      return [[`${module}.weight`, { shape, data: data.map((value) => value / sigma) }]];
    });
    const network = await load(folded);
    expect(network.description.settings).toEqual(["truncation", "batchNorm"]);
    expectClose(await network.sample(input), expected, 5e-6);
  });

  it("the three modes of the spectral norm differ, and a stored one that is off is said with its number", async () => {
    const { tensors } = tinyBigResnet("hook");
    const u = tensors.get("conv2d5.weight_u") as Tensor;
    tensors.set("conv2d5.weight_u", { ...u, data: u.data.map((value) => value / 2) });
    const made: Float32Array[] = [];
    for (const spectralNorm of ["stored", "step", "converged"] as const) {
      const network = await load(tensors, { spectralNorm });
      const [warning = ""] = network.warnings;
      expect(Number(/conv2d5 by ([\d.]+) %/.exec(warning)?.[1])).toBeCloseTo(50, -1);
      expect(warning).toContain(`"${spectralNorm}"`);
      made.push(await network.sample(input));
    }
    expect(made[0]).not.toEqual(made[1]);
    expect(made[1]).not.toEqual(made[2]);
  });

  it("truncates z as drawing again would, keeps classes apart, and needs them", async () => {
    const network = await load(tinyBigResnet("hook").tensors, { truncation: 0.5 });
    const expected = await network.images(truncated(normals, 0.5), labels);
    expect(await network.sample(input)).toEqual(expected);
    const others = await network.sample({ ...input, labels: Int32Array.of(1, 3, 1) });
    const image = 3 * 256;
    expect(others.slice(0, image)).not.toEqual(expected.slice(0, image));
    expect(others.slice(image)).toEqual(expected.slice(image));
    await expect(network.images(normals, null)).rejects.toThrow("4 classes");
    await expect(network.images(normals, Int32Array.of(0, 4, 1))).rejects.toThrow("Class 4");
  });

  it("standing statistics follow the moments of batches of random sizes, and make the images", async () => {
    const { tensors } = tinyBigResnet("hook");
    const file = checkpointOf(tensors);
    const { plan } = studioGanPlan(file);
    const { host } = await loadWeights(file, plan, "step");
    const ops = plainOps();
    const options = { batches: 60, largest: 12, latents: (z: Float32Array) => z };
    const statistics = await standingStatistics(ops, plan, host, options);
    expect(statistics).toEqual(await standingStatistics(ops, plan, host, options));
    expect(ops.bytes).toBe(0);
    expect(statistics.map(({ mean }) => mean.length)).toEqual([8, 8, 8, 6, 6]);
    // After 60 batches nothing is left of (0, 1): the first norm sees linear0 of the first chunk of z, whose moments
    // over all of z are its bias and the square sum of its rows, averaged over the pixels of a channel.
    const bias = host.get("linear0.bias") as Float32Array;
    const weight = host.get("linear0") as Float32Array;
    for (let c = 0; c < 8; c++) {
      const rows = Array.from({ length: 16 }, (_, p) => c * 16 + p);
      const mean = rows.reduce((sum, row) => sum + (bias[row] as number), 0) / 16;
      const square = rows.reduce((sum, row) => {
        const weights = [0, 1, 2].reduce((total, j) => total + (weight[row * 3 + j] as number) ** 2, 0);
        return sum + weights + ((bias[row] as number) - mean) ** 2;
      }, 0);
      expect(Math.abs((statistics[0]?.mean[c] as number) - mean)).toBeLessThan(0.15);
      expect((statistics[0]?.variance[c] as number) / (square / 16)).toBeGreaterThan(0.6);
      expect((statistics[0]?.variance[c] as number) / (square / 16)).toBeLessThan(1.5);
    }
    const standing = await load(tensors, { batchNorm: "standing" });
    const stored = await load(tensors);
    expect(await standing.sample(input)).not.toEqual(await stored.sample(input));
  });

  it("with statistics of each batch an image depends on the others, and that is said", async () => {
    const network = await load(tinyBigResnet("hook").tensors, { batchNorm: "batch" });
    expect(network.warnings.join()).toContain("each batch");
    const together = await network.images(normals, labels);
    const alone = await network.images(normals.slice(0, 9), labels.slice(0, 1));
    expect(alone).not.toEqual(together.slice(0, alone.length));
  });

  it("frees all it holds", async () => {
    const ops = plainOps();
    const network = await load(tinyBigResnet("hook").tensors, {}, ops);
    const held = ops.bytes;
    await network.sample(input);
    expect(ops.bytes).toBe(held);
    network.dispose();
    expect(ops.bytes).toBe(0);
  });
});
