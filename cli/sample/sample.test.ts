import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../src/checkpoints/byteSource.ts";
import { readSafetensors, type TensorToWrite, writeSafetensors } from "../../src/checkpoints/safetensors.ts";
import { decodePng } from "../../src/data/formats/png.ts";
import { readTensorFile } from "../../src/data/formats/tensorFile.ts";
import { SMALL, smallCheckpoint } from "../../src/generators/architectures/ddpm/testing/smallUNet.ts";
import { tinyBigResnet } from "../../src/generators/architectures/residual/testing/tinyBigResnet.ts";
import {
  excess,
  type GoldenFill,
  type GoldenKey,
  goldenTensor,
  memoryCheckpoint,
} from "../../src/generators/architectures/testing/goldenCase.ts";
import {
  goldenJson,
  goldensThere,
  goldenTensors,
} from "../../src/generators/architectures/testing/node/goldenFiles.ts";
import { safetensorsOf } from "../../src/generators/testing/checkpointFiles.ts";
import { main } from "../main.ts";
import { aroundEachCommand } from "../testing/node/command.ts";

const command = aroundEachCommand("sio-sample-");
/** [1, 3, 3, 1] ⊗ [1, 3, 3, 1] / 64, which StyleGAN2's fill leaves as it is. */
const resampleFilter = Float32Array.from(
  { length: 16 },
  (_, i) => ((i % 4 === 1 || i % 4 === 2 ? 3 : 1) * (i >> 2 === 1 || i >> 2 === 2 ? 3 : 1)) / 64,
);
const at = (name: string): string => join(command.folder, name);

function tensorsIn(path: string) {
  const { tensors } = readSafetensors(new Uint8Array(readFileSync(path)));
  return {
    names: [...tensors.keys()].sort(),
    floats: (name: string) => tensors.get(name)?.data as Float32Array,
    bytes: (name: string) => tensors.get(name)?.data as Uint8Array,
    shape: (name: string) => tensors.get(name)?.shape,
    integers: (name: string) => Array.from(tensors.get(name)?.data as BigInt64Array, Number),
  };
}

function writeTensors(name: string, tensors: Record<string, TensorToWrite>): string {
  writeFileSync(at(name), writeSafetensors(new Map(Object.entries(tensors))));
  return at(name);
}

async function tinyGan(): Promise<string> {
  writeFileSync(at("tiny.safetensors"), await safetensorsOf(tinyBigResnet("hook").checkpoint()));
  return at("tiny.safetensors");
}

async function smallUNet(): Promise<string> {
  writeFileSync(at("unet.safetensors"), await safetensorsOf(smallCheckpoint("pesser")));
  return at("unet.safetensors");
}

describe.skipIf(!goldensThere)("sio sample on golden cases", () => {
  /** A full-size network filled by the formula, as a file. */
  async function filled(folder: string, keys = "keys.json", metadata = {}): Promise<string> {
    const { fill } = goldenJson<{ fill: GoldenFill }>(`${folder}/manifest.json`);
    const extras = folder.startsWith("studiogan/") ? goldenTensors(`${folder}/extras.safetensors`) : null;
    const tensor = (key: GoldenKey): Float32Array =>
      goldenTensor(key, fill) ?? extras?.float(key.name) ?? resampleFilter;
    const file = memoryCheckpoint(goldenJson<GoldenKey[]>(`${folder}/${keys}`), tensor, { metadata });
    writeFileSync(at("model.safetensors"), await safetensorsOf(file));
    return at("model.safetensors");
  }

  it.each<[string, string, string, string[], number, number]>([
    ["studiogan/biggan", "z", "images_eval", ["--spectral-norm", "stored"], 2e-5, 0],
    ["studiogan/biggan", "z", "images_power_iter1", [], 2e-5, 0],
    [
      "studiogan/biggan",
      "z_trunc07",
      "images_trunc07_eval",
      ["--spectral-norm", "stored", "--truncation", "0.7"],
      2e-5,
      0,
    ],
    [
      "stylegan2-ada/variant_resnet_cond",
      "z",
      "images_psi0.7_none",
      ["--truncation", "0.7", "--noise", "none"],
      1.1e-4,
      1e-4,
    ],
    ["stylegan2-ada/variant_resnet_cond", "z", "images_psi1_const", ["--noise", "const"], 1.1e-4, 1e-4],
  ])("%s %s: %s", async (folder, z, expected, options, atol, rtol) => {
    const io = goldenTensors(`${folder}/io.safetensors`);
    const { shape } = readSafetensors(
      new Uint8Array(
        readFileSync(new URL(`../../../shared/golden/generators/${folder}/io.safetensors`, import.meta.url)),
      ),
    ).tensors.get(z) as { shape: number[] };
    const labels = io.names.includes("y")
      ? { labels: { shape: [shape[0] as number], data: Int32Array.from(io.float("y")) } }
      : {};
    const latents = writeTensors("z.safetensors", { z: { shape, data: io.float(z) }, ...labels });
    const file = await filled(folder);
    const args = ["sample", file, "--latents", latents, "--out", at("out.safetensors"), ...options];
    expect(await main(args)).toBe(0);
    const made = tensorsIn(at("out.safetensors"));
    expect(excess(made.floats("images"), io.float(expected), atol, rtol)).toBeLessThanOrEqual(0);
  });

  it.each([
    ["ddim_eta0_clip", ["--sampler", "ddim", "--spacing", "uniform", "--clip"]],
    ["ddim_eta0_noclip", ["--sampler", "ddim", "--spacing", "uniform", "--no-clip"]],
    ["ddim_eta1_clip", ["--sampler", "ddim", "--spacing", "uniform", "--eta", "1"]],
    ["ddpm_diffusers_5steps_fixed_large", ["--sampler", "ddpm", "--spacing", "uniform"]],
  ])("the small UNet's trajectory %s; x_T tells the resolution, labels mean nothing", async (name, options) => {
    const folder = "ddpm/small_trajectories";
    const io = goldenTensors(`${folder}/io.safetensors`);
    const latents = writeTensors("x.safetensors", {
      labels: { shape: [2], data: Int32Array.of(0, 1) },
      x_T: { shape: [2, 3, 16, 16], data: io.float("x_T") },
      noises: { shape: [5, 2, 3, 16, 16], data: io.float("noises") },
    });
    const file = await filled(folder, "keys_pesser.json");
    const args = ["sample", file, "--latents", latents, "--steps", "5", "--trajectory", "--out", at("out.safetensors")];
    expect(await main([...args, ...options])).toBe(0);
    const made = tensorsIn(at("out.safetensors"));
    expect(made.shape("trajectory")).toEqual([5, 2, 3, 16, 16]);
    expect(excess(made.floats("trajectory"), io.float(name), 1e-3)).toBeLessThanOrEqual(0);
    expect(made.floats("images")).toEqual(made.floats("trajectory").slice(-2 * 768));
  });
});

describe("sio sample", () => {
  it("writes the same images as .safetensors, .npz and PNGs, class-balanced", async () => {
    const file = await tinyGan();
    for (const out of ["a.safetensors", "a.npz", "pngs"]) {
      expect(await main(["sample", file, "--count", "6", "--seed", "3", "--out", at(out)])).toBe(0);
    }
    const made = tensorsIn(at("a.safetensors"));
    expect(made.names).toEqual(["images", "labels", "u8"]);
    expect(made.shape("images")).toEqual([6, 3, 16, 16]);
    expect(made.integers("labels")).toEqual([0, 1, 2, 3, 0, 1]);
    const npz = await readTensorFile("a.npz", bytesSource(readFileSync(at("a.npz"))));
    const npzTensors = npz.tensors;
    expect(npzTensors.get("u8")?.data).toEqual(made.bytes("u8"));
    expect(npzTensors.get("images")?.data).toEqual(made.floats("images"));
    expect(readdirSync(at("pngs")).sort()).toEqual(["0", "1", "2", "3"]);
    const png = decodePng("x", readFileSync(join(at("pngs"), "1", "0000005.png"))).picture;
    const u8 = made.bytes("u8").subarray(5 * 768);
    expect([png.pixels[0], png.pixels[1], png.pixels[3]]).toEqual([u8[0], u8[256], u8[1]]);
  });

  it("makes an image by its seed and number alone, not by how many there are", async () => {
    const file = await tinyGan();
    await main(["sample", file, "--count", "3", "--labels", "2", "--out", at("few.safetensors")]);
    await main(["sample", file, "--count", "40", "--labels", "2", "--out", at("many.safetensors")]);
    await main(["sample", file, "--count", "3", "--labels", "2", "--seed", "1", "--out", at("other.safetensors")]);
    const [few, many, other] = ["few", "many", "other"].map((name) => tensorsIn(at(`${name}.safetensors`)));
    expect(few?.floats("images")).toEqual(many?.floats("images").slice(0, 3 * 768));
    expect(few?.floats("images")).not.toEqual(other?.floats("images"));
    expect(many?.integers("labels").every((label) => label === 2)).toBe(true);
  });

  it("takes ancestral noise from the seed", async () => {
    const file = await smallUNet();
    const args = ["sample", file, "--steps", "2", "--sampler", "ddpm", "--count", "2", "--trajectory"];
    await main([...args, "--out", at("a.safetensors")]);
    await main([...args, "--out", at("b.safetensors")]);
    const [a, b] = [tensorsIn(at("a.safetensors")), tensorsIn(at("b.safetensors"))];
    expect(a.shape("trajectory")).toEqual([2, 2, 3, 8, 8]);
    expect(a.floats("trajectory")).toEqual(b.floats("trajectory"));
    expect(a.names).toEqual(["images", "trajectory", "u8"]);
    expect(SMALL.channels).toBe(16);
  });

  it.each<[string, string[], string]>([
    ["a class that is none", ["--labels", "4"], "classes 0 to 3, not 4"],
    ["a setting of another family", ["--sampler", "ddim"], "--sampler means nothing to"],
    ["a trajectory of one step", ["--trajectory"], "in one step"],
    ["no count", ["--count", "0"], "At least 1"],
    ["latents that are not there", ["--latents", "nowhere"], "ENOENT"],
    ["a truncation of 0", ["--truncation", "0"], "positive bound"],
  ])("refuses %s and writes nothing", async (_, options, message) => {
    const file = await tinyGan();
    expect(await main(["sample", file, "--out", at("out.safetensors"), ...options])).toBe(2);
    expect(command.stderr).toContain(message);
    expect(readdirSync(command.folder)).toEqual(["tiny.safetensors"]);
  });

  it("refuses latents of another size, naming both, and what is no generator", async () => {
    const file = await tinyGan();
    const z = writeTensors("z.safetensors", { z: { shape: [2, 5], data: new Float32Array(10) } });
    expect(await main(["sample", file, "--latents", z, "--out", at("o.npz")])).toBe(2);
    expect(command.stderr).toContain("5 numbers an image");
    expect(await main(["sample", z, "--out", at("o.npz")])).toBe(2);
    expect(command.stderr).toContain("no generator that is known here");
    expect(existsSync(at("o.npz"))).toBe(false);
  });

  it("does not mix its images with those of a folder", async () => {
    const file = await tinyGan();
    expect(await main(["sample", file, "--out", command.folder])).toBe(2);
    expect(command.stderr).toContain("is not empty");
  });
});
