import { describe, expect, it } from "vitest";
import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import { exactCos } from "../../../random/exactMath.ts";
import { excess, type GoldenKey, memoryCheckpoint } from "../testing/goldenCase.ts";
import { goldenJson, goldensThere } from "../testing/node/goldenFiles.ts";
import { ddpm, ddpmCheckpoint } from "./ddpm.ts";
import { loadUNet } from "./network.ts";
import { unetTensors } from "./sizes.ts";
import { dialectOf, SMALL, smallCheckpoint, smallTensor } from "./testing/smallUNet.ts";
import { unet } from "./unet.ts";
import { uploadUNet } from "./unetWeights.ts";

const CONFIG = { norm_num_groups: 4, norm_eps: 1e-6, attention_head_dim: null, downsample_padding: 0 };
const HO = { ...CONFIG, sample_size: 8, flip_sin_to_cos: false, freq_shift: 1 };
const withConfig = (config: object) => ({ config: new Map<string, unknown>([["config.json", config]]) });
const keysOf = (path: string) => memoryCheckpoint(goldenJson<GoldenKey[]>(path), () => new Float32Array());

describe("what a checkpoint's keys say", () => {
  it.each(["pesser", "diffusers", "diffusers-old", "w86763777"] as const)("%s: the sizes", (id) => {
    const checkpoint = ddpmCheckpoint(smallCheckpoint(id));
    const { eps, downPadding } = dialectOf(id);
    expect(checkpoint?.sizes).toEqual({ ...SMALL, eps, downPadding });
    expect(checkpoint?.resolution).toBe(8);
    const numbers = [...unetTensors(SMALL).values()].reduce((sum, shape) => sum + shape.reduce((p, x) => p * x, 1), 0);
    expect(checkpoint?.description.parameters).toBe(numbers);
    expect(checkpoint?.description.warnings.length).toBe(id.startsWith("diffusers") ? 1 : 0);
  });

  it.skipIf(!goldensThere).each(["keys_pesser", "keys_diffusers", "keys_diffusers_old"])(
    "%s of CIFAR-10: 35,746,307 parameters, 12.44 GFLOP",
    (name) => {
      const description = ddpm.recognise(keysOf(`ddpm/full_cifar10/${name}.json`))?.description;
      expect(description).toMatchObject({ parameters: 35_746_307, resolution: 32, latentSize: 3072, classes: null });
      expect((description?.flopsPerEvaluation ?? 0) / 1e9).toBeCloseTo(12.44, 1);
      expect(description?.details).toMatchObject({ widths: "128, 256, 256, 256", attention: "16×16" });
    },
  );

  it("names w86763777's layers by one list of blocks on each way", () => {
    const { key } = dialectOf("w86763777");
    const name = (pesser: string): string => key(pesser, 4, 2);
    expect(name("down.1.block.1.conv2.weight")).toBe("downblocks.4.block2.3.weight");
    expect(name("down.1.attn.0.q.bias")).toBe("downblocks.3.attn.proj_q.bias");
    expect(name("down.2.downsample.conv.weight")).toBe("downblocks.8.main.weight");
    expect(name("mid.attn_1.proj_out.weight")).toBe("middleblocks.0.attn.proj.weight");
    expect(name("mid.block_2.norm1.weight")).toBe("middleblocks.1.block1.0.weight");
    expect(name("up.3.block.0.nin_shortcut.weight")).toBe("upblocks.0.shortcut.weight");
    expect(name("up.3.upsample.conv.weight")).toBe("upblocks.3.main.weight");
    expect(name("up.2.block.2.temb_proj.bias")).toBe("upblocks.6.temb_proj.1.bias");
    expect(name("up.0.block.2.conv1.weight")).toBe("upblocks.14.block1.2.weight");
    expect(name("up.1.attn.0.norm.weight")).toBe("upblocks.8.attn.group_norm.weight");
    expect(name("norm_out.weight")).toBe("tail.0.weight");
    expect(name("temb.dense.1.weight")).toBe("time_embedding.timembedding.3.weight");
  });

  it("warns of what had to be assumed, of weights that are not averaged, and of unexpected keys", () => {
    const bare = ddpmCheckpoint(smallCheckpoint("diffusers", { metadata: { norm_groups: "4" }, ema: false }));
    expect(bare?.resolution).toBe(32);
    expect(bare?.description.warnings).toEqual([
      expect.stringContaining("does not say its resolution: 32 px"),
      expect.stringContaining("There is no config.json"),
      expect.stringContaining("not the averaged weights"),
    ]);
    const file = smallCheckpoint("pesser");
    const tensors = new Map(file.tensors).set("extra", {
      dtype: "F32",
      shape: [2],
      read: async () => new Float32Array(),
    });
    expect(ddpmCheckpoint({ ...file, tensors })?.description.warnings).toEqual(["Passed over, unexpected: extra [2]."]);
  });
});

describe("what is refused", () => {
  it("lists missing and mis-shaped keys by the file's own names", () => {
    const file = smallCheckpoint("diffusers");
    const tensors = new Map(file.tensors);
    tensors.delete("up_blocks.0.resnets.1.conv2.bias");
    tensors.set("conv_norm_out.weight", { dtype: "F32", shape: [17], read: async () => new Float32Array() });
    expect(() => ddpmCheckpoint({ ...file, tensors })).toThrow(/missing: up_blocks\.0\.resnets\.1\.conv2\.bias \[24\]/);
    expect(() => ddpmCheckpoint({ ...file, tensors })).toThrow(
      /conv_norm_out\.weight has shape \[17\], expected \[16\]/,
    );
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      "resnet_time_scale_shift",
      { ...HO, resnet_time_scale_shift: "scale_shift" },
      /resnet_time_scale_shift is scale_shift/,
    ],
    ["norm_num_groups", { ...HO, norm_num_groups: 5 }, /16 channels do not divide into 5 groups/],
    ["heads", { ...HO, attention_head_dim: 7 }, /heads of 7 channels/],
    ["sample_size", { ...HO, sample_size: 7 }, /multiple of 2 up to 1024, not 7/],
    ["a value of another type", { ...HO, norm_eps: "small" }, /norm_eps is small, expected a number/],
  ])("config.json: %s", (_, config, message) => {
    expect(() => ddpmCheckpoint(smallCheckpoint("diffusers", withConfig(config)))).toThrow(message);
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ prediction_type: "v_prediction" }, /prediction_type is v_prediction/],
    [{ beta_schedule: "sigmoid" }, /beta_schedule is sigmoid/],
    [{ variance_type: "learned_range" }, /variance_type is learned_range/],
    [{ thresholding: true }, /thresholding is true/],
    [{ trained_betas: [0.1, 1.5] }, /β of step 1 is 1.5/],
    [{ num_train_timesteps: 1e9 }, /num_train_timesteps is 1000000000/],
  ])("scheduler_config.json: %j", (scheduler, message) => {
    const config = new Map<string, unknown>([["scheduler_config.json", scheduler]]);
    expect(() => ddpmCheckpoint(smallCheckpoint("pesser", { config }))).toThrow(message);
  });

  it("relatives by name, and nothing else", () => {
    const of = (...names: string[]) =>
      memoryCheckpoint(
        names.map((name) => ({ name, shape: [1] })),
        () => new Float32Array(),
      );
    expect(() => ddpm.recognise(of("model.map_layer0.weight"))).toThrow(/EDM/);
    expect(() => ddpm.recognise(of("time_embed.0.weight", "input_blocks.0.0.weight"))).toThrow(/improved-diffusion/);
    expect(ddpm.recognise(of("synthesis.b4.const"))).toBeNull();
  });
});

describe("a loaded UNet", () => {
  const x = Float32Array.from({ length: 192 }, (_, i) => exactCos(i * 0.7));

  it.each(["diffusers", "w86763777"] as const)("%s: computes what its tensors do under pesser's names", async (id) => {
    const ops = plainOps();
    const checkpoint = ddpmCheckpoint(smallCheckpoint(id, id === "diffusers" ? withConfig(HO) : {}));
    if (!checkpoint) throw new Error("not recognised");
    const loaded = await loadUNet(checkpoint, ops, []);
    const plain = await uploadUNet(
      ops,
      checkpoint.sizes,
      async (name) => smallTensor(name),
      id === "w86763777" ? { order: "pairs", shift: 0 } : undefined,
    );
    const input = ops.upload(x, [1, 3, 8, 8]);
    const [a, b] = await Promise.all([loaded, plain].map((weights) => ops.read(unet(ops, weights, input, [77]))));
    expect(excess(a ?? [], b ?? [], 1e-6)).toBeLessThanOrEqual(0);
    ops.dispose();
  });

  it("samples what its settings say, and gives everything back", async () => {
    const ops = plainOps();
    const recognised = ddpm.recognise(smallCheckpoint("pesser"));
    if (!recognised) throw new Error("not recognised");
    const network = await recognised.load(ops, { ...recognised.description.defaults, sampler: "ddpm", steps: 3 });
    const names: string[] = [];
    const steps: number[] = [];
    const images = await network.sample({
      count: 1,
      latents: x,
      labels: null,
      normals: (name, perImage) => {
        names.push(name);
        return new Float32Array(perImage);
      },
      onStep: async (step) => void steps.push(step),
    });
    expect(images.length).toBe(192);
    expect(images.every((value) => Math.abs(value) <= 1)).toBe(true);
    expect(names).toEqual(["step/0", "step/1"]);
    expect(steps).toEqual([0, 1, 2]);
    await expect(async () => network.sample({ count: 2, latents: x, labels: null, normals: () => x })).rejects.toThrow(
      "2 images start from 384 numbers, not 192",
    );
    network.dispose();
    expect(ops.bytes).toBe(0);
    ops.dispose();
  });

  it("names tensors that hold NaN", async () => {
    const file = smallCheckpoint("pesser");
    const tensors = new Map(file.tensors);
    const broken = async (): Promise<Float32Array> => Float32Array.from({ length: 16 }, () => Number.NaN);
    tensors.set("conv_in.bias", { dtype: "F32", shape: [16], read: broken });
    const recognised = ddpm.recognise({ ...file, tensors });
    const ops = plainOps();
    const network = await recognised?.load(ops, recognised.description.defaults);
    expect(network?.warnings).toEqual([expect.stringContaining("conv_in.bias: 16 of 16 numbers are NaN")]);
    ops.dispose();
  });
});
