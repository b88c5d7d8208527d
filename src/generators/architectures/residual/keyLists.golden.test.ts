import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { recogniseGenerator } from "../registry.ts";
import { type GoldenKey, memoryCheckpoint } from "../testing/goldenCase.ts";
import { goldenJson, goldensThere } from "../testing/node/goldenFiles.ts";

const LISTS = new URL("../../../../../shared/reference/keys/", import.meta.url);

/** Keys and shapes of a network that was instantiated, tab-separated. */
function keysOf(list: string): GoldenKey[] {
  return readFileSync(new URL(`keys_${list}.txt`, LISTS), "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", shape = "[]"] = line.split("\t");
      return { name, shape: JSON.parse(shape) as number[] };
    });
}

function describeKeys(keys: readonly GoldenKey[]) {
  const recognised = recogniseGenerator(memoryCheckpoint(keys, () => new Float32Array()));
  if (recognised === null) throw new Error("Not recognised.");
  return recognised.description;
}

describe.skipIf(!existsSync(LISTS))("networks of the published sizes, by their keys alone", () => {
  it.each<[string, string, number, number | null, number, number, number, string]>([
    // list, architecture, parameters, classes, pixels, z, GFLOP, attention. GFLOP as PyTorch counts them; without the
    // power iterations of ajbrock, which run in every one of its passes and here once.
    ["studiogan_biggan_c10", "studiogan-big-resnet", 9_416_196, 10, 32, 80, 7.656, "16 × 16"],
    ["studiogan_biggan_c100", "studiogan-big-resnet", 9_427_716, 100, 32, 80, 7.656, "16 × 16"],
    ["studiogan_biggan128_imagenet", "studiogan-big-resnet", 70_433_988, 1000, 128, 120, 42.2, "64 × 64"],
    ["studiogan_resnet_c10", "studiogan-resnet", 4_304_387, 10, 32, 128, 3.36, "none"],
    ["studiogan_biggandeep_legacy_c10", "studiogan-big-resnet-deep-legacy", 7_762_948, 10, 32, 128, 1.515, "16 × 16"],
    ["ajbrock_biggan128", "biggan", 70_433_988, 1000, 128, 120, 42.2, "64 × 64"],
    ["ajbrock_biggan256", "biggan", 82_097_604, 1000, 256, 140, 161, "128 × 128"],
    ["ajbrock_cifar_ema", "biggan", 4_304_387, 10, 32, 128, 3.36, "none"],
    ["hf_biggandeep128", "biggan-deep", 50_388_609, 1000, 128, 128, 22.6, "64 × 64"],
    ["hf_biggandeep256", "biggan-deep", 55_880_833, 1000, 256, 128, 77.7, "64 × 64"],
  ])("%s", (list, architecture, parameters, classes, resolution, latentSize, gigaflops, attention) => {
    const description = describeKeys(keysOf(list));
    expect(description).toMatchObject({ architecture, parameters, classes, resolution, latentSize });
    expect(description.details.attention).toBe(attention);
    expect(description.flopsPerEvaluation / 1e9 / gigaflops).toBeCloseTo(1, 2);
  });

  it("names of the resnet before 2022: embed0 and embed1, tables by class", () => {
    const keys = keysOf("studiogan_resnet_c10").map(({ name, shape }) =>
      /\.(gain|bias)\.weight$/.test(name)
        ? {
            name: name.replace(".gain.weight", ".embed0.weight").replace(".bias.weight", ".embed1.weight"),
            shape: [...shape].reverse(),
          }
        : { name, shape },
    );
    expect(describeKeys(keys)).toMatchObject({ architecture: "studiogan-resnet", parameters: 4_304_387, warnings: [] });
  });

  it("a big_resnet without its class embedding is no resnet with 148 classes", () => {
    const keys = keysOf("studiogan_biggan_c10").filter(({ name }) => name !== "shared.weight");
    expect(() => describeKeys(keys)).toThrow(/shared\.weight.*missing/);
  });
});

describe.skipIf(!goldensThere)("BigGAN-deep as released", () => {
  it.each([
    [128, 50_388_609],
    [256, 55_880_833],
    [512, null],
  ])("at %i pixels", (resolution, parameters) => {
    const { config, keys } = goldenJson<{ config: unknown; keys: (GoldenKey & { kind: string })[] }>(
      `biggan-imagenet/keys_full/keys_biggan-deep-${resolution}.json`,
    );
    const trained = keys
      .filter(({ kind }) => kind === "param")
      .reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0);
    const file = memoryCheckpoint(keys, () => new Float32Array(), { config: new Map([["config.json", config]]) });
    const description = recogniseGenerator(file)?.description;
    expect(description).toMatchObject({ architecture: "biggan-deep", resolution, parameters: trained, warnings: [] });
    if (parameters !== null) expect(trained).toBe(parameters);
    const bare = recogniseGenerator(memoryCheckpoint(keys, () => new Float32Array()))?.description;
    expect(bare).toMatchObject({ resolution, flopsPerEvaluation: description?.flopsPerEvaluation });
    expect(bare?.warnings.join()).toContain("config.json");
  });
});
