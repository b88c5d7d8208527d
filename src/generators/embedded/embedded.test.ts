import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Benchmark } from "../../data/benchmark.ts";
import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import { plainOps } from "../../engine/ops/plain/plainOps.ts";
import { smallCheckpoint } from "../architectures/ddpm/testing/smallUNet.ts";
import { createGenerator, listGenerators } from "../registry.ts";
import { safetensorsOf, tinyGanFile } from "../testing/checkpointFiles.ts";
import { bareContext } from "../testing/context.ts";
import { embedded } from "./embedded.ts";

const shapes = shapesBenchmark({ train: 20 });
/** As many classes as the tiny generator has. */
const benchmark: Benchmark = { ...shapes, info: { ...shapes.info, classNames: shapes.info.classNames.slice(0, 4) } };
const file = (await tinyGanFile()).source;
const bytes = await file.read(0, file.size);

function contextWith(sha256: string) {
  const entry = {
    id: "embedded-tiny",
    title: "Tiny",
    note: "Untrained.",
    file: "tiny.safetensors",
    sha256,
    benchmarks: ["shapes"],
    provenance: "same-real-set",
    settings: { spectralNorm: "stored" },
  };
  const ops = plainOps();
  return bareContext(undefined, {
    openOps: async () => ops,
    embedded: async (name) =>
      name === "index.json" ? new TextEncoder().encode(JSON.stringify({ generators: [entry] })) : bytes.slice(),
  });
}

const sha256 = createHash("sha256").update(bytes).digest("hex");

describe("an embedded generator", () => {
  it("is listed for its benchmarks and makes images as an upload does", async () => {
    const context = contextWith(sha256);
    expect((await embedded.list(benchmark.info, context)).map(({ id }) => id)).toEqual(["embedded-tiny"]);
    expect(await embedded.list({ ...benchmark.info, id: "cifar10" }, context)).toEqual([]);
    const generator = await createGenerator("embedded-tiny", benchmark, context);
    const images = await generator.sample(2, 5, 6);
    expect([...images.labels]).toEqual([1, 2, 3, 0, 1, 2]);
    expect(images.height).toBe(32);
    expect(generator.fingerprint).toContain(sha256);
  });

  it("whose file is not the one of the index, or has other classes, is refused", async () => {
    await expect(createGenerator("embedded-tiny", benchmark, contextWith("0".repeat(64)))).rejects.toMatchObject({
      code: "embedded-damaged",
    });
    await expect(createGenerator("embedded-tiny", shapes, contextWith(sha256))).rejects.toThrow("has 4 classes");
  });

  it("without classes is labelled by the classifier that the index names, whose hash is part of its identity", async () => {
    const unet = await safetensorsOf(smallCheckpoint("pesser"));
    const entry = {
      id: "embedded-unet",
      title: "UNet",
      note: "Untrained.",
      file: "unet.safetensors",
      sha256: createHash("sha256").update(unet).digest("hex"),
      labeller: { file: "classifier.safetensors", sha256: "c".repeat(64) },
      benchmarks: ["shapes"],
      provenance: "same-real-set",
      settings: { sampler: "ddim", steps: 1 },
    };
    const ops = plainOps();
    const asked: unknown[] = [];
    const context = bareContext(undefined, {
      openOps: async () => ops,
      embedded: async (name) =>
        name === "index.json" ? new TextEncoder().encode(JSON.stringify({ generators: [entry] })) : unet.slice(),
      openLabeller: async (spec, hash) => {
        asked.push([spec, hash]);
        return {
          label: async (_, count) => ({ labels: new Int32Array(count).fill(3), confidence: new Float32Array(count) }),
        };
      },
    });
    const generator = await createGenerator("embedded-unet", shapes, context);
    expect([...(await generator.sample(0, 0, 2)).labels]).toEqual([3, 3]);
    expect(asked).toEqual([[{ kind: "embedded", id: "classifier.safetensors" }, "c".repeat(64)]]);
    expect(generator.fingerprint).toContain("c".repeat(64));
  });

  it("of the app can be opened, every one", async () => {
    const folder = new URL("../../../public/generators/", import.meta.url);
    expect(existsSync(folder)).toBe(true);
    const context = bareContext(undefined, {
      embedded: async (name) => new Uint8Array(readFileSync(new URL(name, folder))),
    });
    for (const { id } of await listGenerators(shapes.info, context)) {
      if (id.startsWith("embedded-")) expect((await createGenerator(id, shapes, context)).info.id).toBe(id);
    }
  });
});
