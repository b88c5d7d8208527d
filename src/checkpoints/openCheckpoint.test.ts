import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { type ByteSource, bytesSource } from "./byteSource.ts";
import { openCheckpoint } from "./openCheckpoint.ts";
import { writeSafetensors } from "./safetensors.ts";
import { legacyFile, legacyViews } from "./testing/legacyFile.ts";
import type { Tensor } from "./testing/pickleParts.ts";
import { storedZip } from "./testing/storedZip.ts";
import { styleganFile } from "./testing/styleganFile.ts";
import { torchDict, torchFile, torchList } from "./testing/torchFile.ts";

const tensor = (...data: number[]): Tensor => ({ shape: [data.length], data: Float32Array.from(data) });
const state = (entries: Readonly<Record<string, Tensor>>) => new Map(Object.entries(entries));
const open = (name: string, bytes: Uint8Array) => openCheckpoint([{ name, source: bytesSource(bytes) }]);
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

async function values(file: Awaited<ReturnType<typeof openCheckpoint>>) {
  const read = [...file.tensors].map(async ([name, one]) => [name, Array.from(await one.read(), Number)]);
  return Object.fromEntries(await Promise.all(read));
}

const weights = state({ "a.weight": tensor(1, -2, 3), "a.bias": tensor(0.5) });
const numbers = { "a.weight": [1, -2, 3], "a.bias": [0.5] };
const zeros = state({ "a.weight": tensor(0, 0, 0), "a.bias": tensor(0) });

describe("containers", () => {
  it.each([
    ["torch-zip", torchFile(weights)],
    ["torch-legacy", legacyFile(weights)],
    ["safetensors", writeSafetensors(new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data }])))],
  ])("%s gives the tensors as they were written", async (format, bytes) => {
    const file = await open("model.bin", bytes);
    expect(file).toMatchObject({ format, name: "model.bin", member: null, ema: null, notes: [], warnings: [] });
    expect(await values(file)).toEqual(numbers);
  });

  it("reads parts of one storage out of an old file", async () => {
    const file = await open("old.ckpt", legacyViews(Float32Array.of(1, 2, 3, 4, 5), { head: [0, 2], tail: [3, 2] }));
    expect(await values(file)).toEqual({ head: [1, 2], tail: [4, 5] });
    await expect(open("old.ckpt", legacyViews(Float32Array.of(1, 2), { tail: [1, 2] }))).rejects.toThrow(
      "begins at 1 and has 2 elements; the storage has 2",
    );
  });

  it("tells where an old file is cut off, and what its header claims", async () => {
    const bytes = legacyFile(weights);
    await expect(open("old.pth", bytes.subarray(0, -1))).rejects.toThrow(/truncated.*end at byte \d+, it has \d+/);
    const lying = Uint8Array.from(bytes);
    lying[bytes.length - 4 - 8] = 77;
    await expect(open("old.pth", lying)).rejects.toThrow("has 77 elements by its header and 1 by the pickle");
  });

  it("reads the averaged generator of a StyleGAN pickle, with its settings and without its source text", async () => {
    const generator = (first: number) => ({
      className: "Generator",
      attributes: { z_dim: 512 },
      tensors: state({ "mapping.fc0.bias": tensor(first), "synthesis.b4.const": tensor(2, 3) }),
    });
    const bytes = styleganFile({ G: generator(7), D: { className: "D", tensors: zeros }, G_ema: generator(1) });
    const file = await open("network-snapshot.pkl", bytes);
    expect(file).toMatchObject({ format: "stylegan-pickle", member: "G_ema", ema: true });
    expect(await values(file)).toEqual({ "mapping.fc0.bias": [1], "synthesis.b4.const": [2, 3] });
    expect(Object.fromEntries(file.config)).toEqual({ class_name: "Generator", z_dim: 512, _init_kwargs: {} });
    const onlyG = await open("network-snapshot.pkl", styleganFile({ G: generator(7) }));
    expect(onlyG).toMatchObject({ member: "G", ema: false });
  });

  it("leaves the tensors in the file until they are read", async () => {
    const big = state({ a: { shape: [2 ** 17], data: new Float32Array(2 ** 17).fill(2) }, b: tensor(1) });
    const parts = new Map([["mapping.a", tensor(3)], ...[...big].map(([k, v]) => [`synthesis.${k}`, v] as const)]);
    const generator = { className: "Generator", tensors: parts };
    for (const bytes of [torchFile(big), legacyFile(big), styleganFile({ D: generator, G_ema: generator })]) {
      let read = 0;
      const inner = bytesSource(bytes);
      const counted: ByteSource = {
        size: inner.size,
        read: (offset, length) => {
          read += length;
          return inner.read(offset, length);
        },
      };
      const file = await openCheckpoint([{ name: "big.pth", source: counted }]);
      // The end record of a zip may lie up to 64 KiB before the end; an old file's pickles have no known length.
      expect(read).toBeLessThan(2 ** 18 + 1000);
      read = 0;
      const small = file.tensors.get("b") ?? file.tensors.get("synthesis.b");
      expect(await small?.read()).toEqual(Float32Array.of(1));
      expect(read).toBeLessThan(100);
    }
  });

  it("reads a pickle that is much longer than what is looked at at once", async () => {
    const names = Array.from({ length: 800 }, (_, k) => `synthesis.b${k}`);
    const tensors = new Map([
      ["mapping.a", tensor(-1)],
      ...names.map((name, k) => [name, tensor(k, k + 0.5)] as const),
    ]);
    const bytes = styleganFile({ G_ema: { className: "Generator", tensors } });
    expect(bytes.length).toBeGreaterThan(3 * 2 ** 16);
    const read = await values(await open("network.pkl", bytes));
    expect(read).toEqual({ "mapping.a": [-1], ...Object.fromEntries(names.map((name, k) => [name, [k, k + 0.5]])) });
  });

  it("says which stream inside a pickle is damaged", async () => {
    const tensors = state({ "mapping.a": tensor(1), "synthesis.b": tensor(2) });
    const bytes = styleganFile({ G_ema: { className: "Generator", tensors } });
    const at = Buffer.from(bytes).lastIndexOf("FloatStorage");
    bytes[at] = "X".charCodeAt(0);
    await expect(open("network.pkl", bytes)).rejects.toThrow('"torch.XloatStorage"');
  });

  it("hands the metadata of a safetensors file through, and believes what it says about averaging", async () => {
    const tensors = new Map([["w", { shape: [1], data: Float32Array.of(1) }]]);
    const metadata = { arch: "studiogan-big-resnet", dataset: "shapes", norm_groups: "8", ema: "true" };
    const file = await open("g.safetensors", writeSafetensors(tensors, metadata));
    expect(file).toMatchObject({ metadata, ema: true });
  });
});

describe("the network in a file of a training run", () => {
  it.each([
    ["state_dict", null],
    ["model_state_dict", null],
    ["model", null],
    ["net", null],
    ["net_model", null],
    ["ema_model", true],
    ["G_ema", true],
    ["g_ema", true],
    ["ema", true],
    ["params_ema", true],
    ["whatever", null],
  ])("is found under %s", async (key, ema) => {
    const file = await open("x.pt", torchDict({ step: "9", [key]: weights, sched: null }));
    expect(file).toMatchObject({ member: key, ema });
    expect(file.notes).toEqual([`The tensors are those of the file's \`${key}\`.`]);
    expect(await values(file)).toEqual(numbers);
  });

  it("is the averaged one where there are two, beside tensors that are no weights", async () => {
    const x = state({ x_T: tensor(9) });
    const file = await open("ckpt.pt", torchDict({ net_model: zeros, ema_model: weights, sched: x, step: "1" }));
    expect(file).toMatchObject({ member: "ema_model", ema: true });
    expect(await values(file)).toEqual(numbers);
  });

  it("is the fifth of ermongroup's list, or the first; prefixes differ between the two", async () => {
    const model = state({ "module.a.weight": tensor(0, 0, 0), "module.a.bias": tensor(0), "module.count": tensor(4) });
    const averaged = await open("ckpt.pth", torchList([model, null, "1", "2", weights]));
    expect(averaged).toMatchObject({ member: "[4]", ema: true });
    expect(await values(averaged)).toEqual({ ...numbers, count: [4] });
    expect(averaged.notes).toContain("1 tensors are not averaged and were taken from the file's `[0]`.");
    const plain = await open("ckpt.pth", torchList([model, null, "1", "2"]));
    expect(plain).toMatchObject({ member: "[0]", ema: false });
    expect(await values(plain)).toEqual({ "a.weight": [0, 0, 0], "a.bias": [0], count: [4] });
  });

  it("loses the prefixes of its training code, with a note each", async () => {
    const named = (prefix: string) => new Map([...weights].map(([name, one]) => [prefix + name, one]));
    const compiled = await open("a.pth", torchFile(named("_orig_mod.module.")));
    expect(Object.keys(await values(compiled))).toEqual(["a.weight", "a.bias"]);
    expect(compiled.notes).toEqual([
      "`_orig_mod.` was taken off the names (torch.compile).",
      "`module.` was taken off the names (DataParallel).",
    ]);
    expect(await open("a.pth", torchFile(named("ema.")))).toMatchObject({ ema: true });
    const both = new Map([...named("online_model."), ...named("ema_model."), ["step", tensor(1)]] as const);
    const averaged = await open("a.pth", torchDict({ ema: both }));
    expect(await values(averaged)).toEqual(numbers);
    const wrapped = await open("a.pth", torchFile(new Map([["n_averaged", tensor(3)], ...named("module.")])));
    expect(wrapped.ema).toBe(true);
    expect(await values(wrapped)).toEqual(numbers);
  });

  it.each([
    ["model=G_ema-best-weights-step=1000.pth", true],
    ["model=G-best-weights-step=1000.pth", false],
    ["ema_diffusion_cifar10_model/model-790000.ckpt", true],
    ["ema_0.9999_500000.pt", true],
    ["unet_non_ema.pt", false],
    ["schema.pth", null],
    ["model-790000.ckpt", null],
  ])("is averaged by the name %s: %s", async (name, ema) => {
    expect((await open(name, torchFile(weights))).ema).toBe(ema);
  });

  it("is not an optimiser's state, nor nothing", async () => {
    await expect(open("o.pth", torchDict({ optimizer: "Adam", epoch: null }))).rejects.toThrow(
      "This file holds no state_dict: its dictionary has optimizer, epoch, and no tensor.",
    );
    await expect(open("l.pth", torchList(["a"]))).rejects.toThrow("no state_dict");
  });
});

describe("folders", () => {
  const files = {
    "ddpm/model_index.json": json({ _class_name: "DDPMPipeline" }),
    "ddpm/scheduler/scheduler_config.json": json({ beta_end: 0.02 }),
    "ddpm/vae/config.json": json({ latent: true }),
    "ddpm/unet/config.json": json({ sample_size: 8 }),
    "ddpm/vae/diffusion_pytorch_model.bin": torchFile(zeros),
    "ddpm/unet/diffusion_pytorch_model.bin": torchFile(weights),
  };

  const sources = Object.entries(files).map(([name, bytes]) => ({ name, source: bytesSource(bytes) }));

  it.each([
    ["dropped together", sources],
    ["zipped", [{ name: "ddpm.zip", source: bytesSource(storedZip(Object.entries(files))) }]],
    ["zipped and compressed", [{ name: "ddpm.zip", source: bytesSource(zipSync(files)) }]],
  ])("of diffusers, %s", async (_, given) => {
    const file = await openCheckpoint(given);
    expect(file).toMatchObject({ format: "diffusers", name: "ddpm/unet/diffusion_pytorch_model.bin" });
    expect(Object.fromEntries(file.config)).toEqual({
      "model_index.json": { _class_name: "DDPMPipeline" },
      "scheduler_config.json": { beta_end: 0.02 },
      "config.json": { sample_size: 8 },
    });
    expect(file.notes).toEqual(["Of the files, ddpm/vae/diffusion_pytorch_model.bin were passed over."]);
    expect(await values(file)).toEqual(numbers);
  });

  it("of a StudioGAN run: the averaged generator, not the discriminator", async () => {
    const names = ["model=D-best.pth", "model=G-best.pth", "model=G_ema-best.pth"];
    const file = await openCheckpoint(names.map((name) => ({ name, source: bytesSource(torchFile(weights)) })));
    expect(file).toMatchObject({ name: "model=G_ema-best.pth", ema: true });
  });

  it("are refused where they do not say which network is meant, or hold none", async () => {
    const two = ["one.pth", "two.pth"].map((name) => ({ name, source: bytesSource(torchFile(weights)) }));
    await expect(openCheckpoint(two)).rejects.toThrow("Which of these is the generator? one.pth, two.pth.");
    const text = ["config.json", "README.md"].map((name) => ({ name, source: bytesSource(json({})) }));
    await expect(openCheckpoint(text)).rejects.toThrow("None of the files holds weights");
    await expect(openCheckpoint([])).rejects.toThrow("No file was given");
    const broken = { name: "config.json", source: bytesSource(new TextEncoder().encode("{")) };
    await expect(openCheckpoint([broken, two[0] as (typeof two)[0]])).rejects.toThrow("config.json is no JSON");
  });
});

describe("warnings", () => {
  it("name tensors that hold no numbers, once they are read", async () => {
    const odd = state({
      w: tensor(1, Number.NaN, Number.POSITIVE_INFINITY),
      "bn.running_var": tensor(1, -0.5),
      b: tensor(-1),
    });
    const file = await open("odd.pth", torchFile(odd));
    expect(file.warnings).toEqual([]);
    await values(file);
    await values(file);
    expect(file.warnings).toEqual([
      "w [3] holds 2 numbers that are not finite, NaN at element 1: images will be damaged.",
      "bn.running_var [2] holds 1 negative variance: images will not be numbers.",
    ]);
  });

  it("name weights that are whole numbers", async () => {
    const rounded = new Map<string, Tensor>([
      ["a.weight", { shape: [1], data: BigInt64Array.of(0n) }],
      ["a.count", tensor(1)],
    ]);
    expect((await open("x.pth", torchFile(rounded))).warnings).toEqual([
      "a.weight [1] is I64, expected floats: it was rounded, or is no weight.",
    ]);
  });

  it("name a storage whose checksum is wrong", async () => {
    const bytes = torchFile(weights);
    const at = Buffer.from(bytes).indexOf(Buffer.from(Float32Array.of(1, -2, 3).buffer));
    bytes[at + 4] = 1;
    const file = await open("x.pth", bytes);
    await values(file);
    expect(file.warnings).toEqual(["The bytes of data/0 do not match their CRC-32: the file may be damaged."]);
  });
});
