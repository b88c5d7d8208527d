import { describe, expect, it } from "vitest";
import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import { exactCos } from "../../../random/exactMath.ts";
import type { SamplingSettings } from "../../../study/generatorRecord.ts";
import type { SampleInput } from "../architecture.ts";
import { excess, memoryCheckpoint } from "../testing/goldenCase.ts";
import { tapsOf } from "./resampling.ts";
import { deriveSizes, type StyleGanSizes } from "./sizes.ts";
import { stylegan2 } from "./stylegan2.ts";
import { TINY, tinyCheckpoint } from "./testing/tinyStyleGan.ts";

const Z = Float32Array.from({ length: 12 }, (_, i) => 1.3 * exactCos(5 * i));
const INPUT: SampleInput = { count: 2, latents: Z, labels: Int32Array.of(2, 0), normals: () => new Float32Array() };

async function sample(file: ReturnType<typeof tinyCheckpoint>, settings: Partial<SamplingSettings>, input = INPUT) {
  const recognised = stylegan2.recognise(file);
  if (!recognised) throw new Error("not recognised");
  const ops = plainOps();
  const network = await recognised.load(ops, { ...recognised.description.defaults, ...settings });
  try {
    return await network.sample(input);
  } finally {
    network.dispose();
    expect(ops.bytes).toBe(0);
    ops.dispose();
  }
}

describe("what a checkpoint's keys say", () => {
  it.each<[string, StyleGanSizes]>([
    ["skip", TINY],
    ["resnet", { ...TINY, output: "resnet" }],
    ["orig, without classes and noise", { ...TINY, output: "orig", classes: null, embedWidth: null, noise: false }],
    ["one block", { ...TINY, blocks: TINY.blocks.slice(0, 1) }],
  ])("%s: the sizes", (_, sizes) => {
    expect(deriveSizes(tinyCheckpoint({}, sizes))).toEqual(sizes);
  });

  it("describes it: parameters without buffers, whose noise is the default, EMA", () => {
    const description = (file: ReturnType<typeof tinyCheckpoint>) => stylegan2.recognise(file)?.description;
    const torch = description(tinyCheckpoint({ ema: false }));
    // Three layers with a noise strength, two torgb without, the constant, and the mapping.
    const mapping = 3 * 4 + 4 + 7 * 10 + 7 + 5 * 7 + 5;
    const layer = (cin: number, cout: number, k: number): number => cout * cin * k * k + cout + cin * 5 + cin;
    const styled = layer(8, 8, 3) + layer(8, 6, 3) + layer(6, 6, 3) + 3;
    expect(torch?.parameters).toBe(mapping + 8 * 16 + styled + layer(8, 3, 1) + layer(6, 3, 1));
    expect(torch?.warnings).toEqual([expect.stringContaining("not the averaged weights")]);
    expect(torch?.defaults.noise).toBe("random");
    expect(torch?.settings).toEqual(["truncation", "noise"]);
    expect(description(tinyCheckpoint({ format: "stylegan-pickle" }))?.defaults.noise).toBe("const");
  });
});

describe("what is refused", () => {
  it("missing and mis-shaped keys, by name", () => {
    const file = tinyCheckpoint();
    const tensors = new Map(file.tensors);
    tensors.delete("synthesis.b8.conv0.affine.bias");
    tensors.set("mapping.fc1.bias", { dtype: "F32", shape: [9], read: async () => new Float32Array(9) });
    const recognise = () => stylegan2.recognise({ ...file, tensors });
    expect(recognise).toThrow(/missing: synthesis\.b8\.conv0\.affine\.bias \[8\]/);
    expect(recognise).toThrow(/mapping\.fc1\.bias has shape \[9\], expected \[5\]/);
  });

  it("relatives by name, and nothing else", () => {
    const of = (...names: string[]) =>
      memoryCheckpoint(
        names.map((name) => ({ name, shape: [1] })),
        () => new Float32Array(),
      );
    expect(() => stylegan2.recognise(of("synthesis.input.freqs"))).toThrow(/StyleGAN3/);
    expect(() => stylegan2.recognise(of("style.1.weight", "convs.0.conv.weight"))).toThrow(/rosinality/);
    expect(stylegan2.recognise(of("temb.dense.0.weight"))).toBeNull();
  });

  it("activations and filters that are not computed, classes that are not there", async () => {
    const kwargs = { synthesis_kwargs: { activation: "relu" } };
    const config = new Map<string, unknown>([["_init_kwargs", kwargs]]);
    expect(() => stylegan2.recognise(tinyCheckpoint({ config }))).toThrow(/activation relu/);
    expect(() => tapsOf("f", Float32Array.of(1, 0, 0, 1), [2, 2])).toThrow(/not the product/);
    expect(() => tapsOf("f", Float32Array.of(1), [1])).toThrow(/2 to 64 taps/);
    const labels = Int32Array.of(0, 3);
    await expect(sample(tinyCheckpoint(), { noise: "none" }, { ...INPUT, labels })).rejects.toThrow(
      "Image 1 needs a class from 0 to 2, not 3",
    );
    await expect(sample(tinyCheckpoint(), { noise: "none" }, { ...INPUT, labels: null })).rejects.toThrow(/Image 0/);
  });

  it("truncation without a mean", async () => {
    const file = tinyCheckpoint();
    const tensors = new Map(file.tensors);
    tensors.delete("mapping.w_avg");
    const without = { ...file, tensors };
    expect(stylegan2.recognise(without)?.description.settings).toEqual(["noise"]);
    await expect(sample(without, { truncation: 0.5, noise: "none" })).rejects.toThrow(/no mapping\.w_avg/);
  });
});

describe("images", () => {
  it("do not depend on what else is in the batch", async () => {
    const both = await sample(tinyCheckpoint(), { noise: "const" });
    const second = { ...INPUT, count: 1, latents: Z.slice(6), labels: Int32Array.of(0) };
    const alone = await sample(tinyCheckpoint(), { noise: "const" }, second);
    expect(both.some((value) => Math.abs(value) > 0.5)).toBe(true);
    expect(excess(both.slice(192), alone, 1e-5)).toBeLessThanOrEqual(0);
  });

  it("are all the mean's at ψ = 0, and their own at ψ = 1", async () => {
    const mean = await sample(tinyCheckpoint(), { noise: "none", truncation: 0 });
    expect(mean.slice(0, 192)).toEqual(mean.slice(192));
    const whole = await sample(tinyCheckpoint(), { noise: "none", truncation: 1 });
    expect(excess(whole, await sample(tinyCheckpoint(), { noise: "none" }), 1e-6)).toBeLessThanOrEqual(0);
  });

  it("take random noise by the layer's name; drawn as the constant one, it is the constant one", async () => {
    const file = tinyCheckpoint();
    const constants = new Map<string, Float32Array>();
    for (const [name, tensor] of file.tensors) {
      const layer = /^synthesis\.(.*)\.noise_const$/.exec(name)?.[1];
      if (layer) constants.set(layer, (await tensor.read()) as Float32Array);
    }
    const asked: string[] = [];
    const normals = (name: string, perImage: number): Float32Array => {
      asked.push(name);
      const constant = constants.get(name) ?? new Float32Array();
      expect(constant.length).toBe(perImage);
      return Float32Array.from([...constant, ...constant]);
    };
    const drawn = await sample(file, { noise: "random" }, { ...INPUT, normals });
    const constant = await sample(file, { noise: "const" });
    expect(asked).toEqual(["b4.conv1", "b8.conv0", "b8.conv1"]);
    expect(excess(drawn, constant, 1e-5)).toBeLessThanOrEqual(0);
    expect(excess(drawn, await sample(file, { noise: "none" }), 1e-3)).toBeGreaterThan(0);
  });

  it("are clamped within each layer where the pickle says so", async () => {
    const config = new Map<string, unknown>([["_init_kwargs", { synthesis_kwargs: { conv_clamp: 0.1 } }]]);
    const clamped = await sample(tinyCheckpoint({ config }), { noise: "none" });
    // Two torgb, each within ±0.1; enlarging by a filter of non-negative taps keeps the bound.
    expect(Math.max(...clamped.map(Math.abs))).toBeLessThanOrEqual(0.2001);
  });
});
