import { afterAll, describe, expect, it } from "vitest";
import type { CheckpointFile } from "../../../checkpoints/checkpointFile.ts";
import { openNodeImageOps } from "../../../engine/ops/node/open.ts";
import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import { excess, type GoldenFill, type GoldenKey, goldenTensor, memoryCheckpoint } from "../testing/goldenCase.ts";
import { goldenJson, goldensThere, goldenTensors } from "../testing/node/goldenFiles.ts";
import { goldenQuantisation } from "../testing/node/quantisation.ts";
import { mapping } from "./mapping.ts";
import { quantiseNvidia } from "./quantise.ts";
import { deriveSizes, styleCount } from "./sizes.ts";
import { stylegan2 } from "./stylegan2.ts";
import { synthesis } from "./synthesis.ts";
import { truncation } from "./truncation.ts";
import { uploadStyleGan } from "./weights.ts";

interface Manifest {
  readonly fill: GoldenFill;
  readonly config: { readonly synthesis_kwargs: { readonly conv_clamp?: number | null } };
  readonly tolerance: { readonly images: { readonly atol: number; readonly rtol: number } };
}

function golden(folder: string) {
  const manifest = goldenJson<Manifest>(`${folder}/manifest.json`);
  const io = goldenTensors(`${folder}/io.safetensors`);
  const made = new Map<string, Float32Array>();
  const tensor = (key: GoldenKey): Float32Array => {
    const filled = made.get(key.name) ?? goldenTensor(key, manifest.fill);
    if (filled) {
      made.set(key.name, filled);
      return filled;
    }
    // The filter of layers that do not resample stays [1, 3, 3, 1] whatever the case's is.
    const taps = key.shape[0] === 3 ? [0.25, 0.5, 0.25] : [0.125, 0.375, 0.375, 0.125];
    return Float32Array.from(taps.flatMap((a) => taps.map((b) => a * b)));
  };
  const file = memoryCheckpoint(goldenJson<GoldenKey[]>(`${folder}/keys.json`), tensor, {
    format: "stylegan-pickle",
    member: "G_ema",
    ema: true,
    config: new Map([["_init_kwargs", manifest.config]]),
  });
  return { manifest, io, file };
}

function recognise(file: CheckpointFile) {
  const recognised = stylegan2.recognise(file);
  if (!recognised) throw new Error("not recognised");
  return recognised;
}

const VARIANTS = ["variant_skip_uncond_map8", "variant_resnet_cond", "variant_orig_nonoise"] as const;

describe.skipIf(!goldensThere)("StyleGAN2 generators of other builds", () => {
  const ops = plainOps();
  afterAll(() => ops.dispose());

  for (const variant of VARIANTS) {
    it(`${variant}: images of every noise mode and truncation`, async () => {
      const { manifest, io, file } = golden(`stylegan2-ada/${variant}`);
      const { atol, rtol } = manifest.tolerance.images;
      const { description, load } = recognise(file);
      for (const psi of [1, 0.7]) {
        for (const noise of ["const", "none"] as const) {
          const network = await load(ops, { ...description.defaults, truncation: psi === 1 ? null : psi, noise });
          const images = await network.sample({
            count: 3,
            latents: io.float("z"),
            labels: description.classes === null ? null : Int32Array.from(io.float("y")),
            normals: () => {
              throw new Error("Constant noise is not drawn.");
            },
          });
          const expected = io.float(`images_psi${psi}_${noise}`);
          expect(excess(images, expected, atol, rtol)).toBeLessThanOrEqual(0);
          network.dispose();
        }
      }
      expect(ops.bytes).toBe(0);
    });

    it(`${variant}: w, and truncation of the first two layers alone`, async () => {
      const { manifest, io, file } = golden(`stylegan2-ada/${variant}`);
      const sizes = deriveSizes(file);
      const read = async (name: string): Promise<Float32Array> =>
        (await file.tensors.get(name)?.read()) as Float32Array;
      const clamp = manifest.config.synthesis_kwargs.conv_clamp ?? null;
      const weights = await uploadStyleGan(
        ops,
        sizes,
        { read, shape: (name) => file.tensors.get(name)?.shape ?? null },
        { learningRateMultiplier: 0.01, clamp },
      );
      const labels = sizes.classes === null ? null : Int32Array.from(io.float("y"));
      const w = mapping(ops, weights.mapping, io.float("z"), labels, 3);
      expect(excess(await ops.read(w), io.float("w_psi1"), 2e-5)).toBeLessThanOrEqual(0);
      const half = truncation(ops, await read("mapping.w_avg"), 0.5);
      const cut = half.apply(w);
      const ws = Array.from({ length: styleCount(sizes) }, (_, i) => (i < 2 ? cut : w));
      const strength = (layer: string) => read(`synthesis.${layer}.noise_strength`);
      const noises = new Map<string, Float32Array>();
      for (const name of file.tensors.keys()) {
        const layer = /^synthesis\.(.*)\.noise_const$/.exec(name)?.[1];
        if (!layer) continue;
        const s = (await strength(layer))[0] as number;
        noises.set(
          layer,
          (await read(name)).map((value) => value * s),
        );
      }
      const images = synthesis(ops, weights.synthesis, ws, (layer, side) => {
        const noise = noises.get(layer);
        return noise ? ops.upload(noise, [1, 1, side, side]) : null;
      });
      const { atol, rtol } = manifest.tolerance.images;
      expect(excess(await ops.read(images), io.float("images_psi0.5_cutoff2_const"), atol, rtol)).toBeLessThanOrEqual(
        0,
      );
      for (const value of [w, cut, images]) ops.free(value);
      half.dispose();
      weights.dispose();
    });
  }

  it("uint8 as generate.py has it", () => {
    const { images, expected } = goldenQuantisation("stylegan2_ada_generate");
    expect(quantiseNvidia(images)).toEqual(expected);
  });

  it.each([
    ["stylegan2-ada/cifar10-cond", 20_215_315],
    ["studiogan/stylegan2", 20_215_315],
  ])(
    "%s: CIFAR-10 at full size on WebAssembly",
    async (folder, parameters) => {
      const { manifest, io, file } = golden(folder);
      const { description, load } = recognise(file);
      expect(description).toMatchObject({ parameters, classes: 10, resolution: 32, latentSize: 512 });
      expect(description.flopsPerEvaluation / 1e9).toBeCloseTo(8.04, 1);
      const { atol, rtol } = manifest.tolerance.images;
      const wasm = await openNodeImageOps({ threads: 2, reproducible: false });
      for (const [psi, noise] of [
        [1, "const"],
        [0.7, "none"],
      ] as const) {
        const network = await load(wasm, { ...description.defaults, truncation: psi === 1 ? null : psi, noise });
        const images = await network.sample({
          count: 4,
          latents: io.float("z"),
          labels: Int32Array.from(io.float("y")),
          normals: () => new Float32Array(),
        });
        expect(excess(images, io.float(`images_psi${psi}_${noise}`), atol, rtol)).toBeLessThanOrEqual(0);
        network.dispose();
      }
      wasm.dispose();
    },
    60_000,
  );
});
