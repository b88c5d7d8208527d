import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../../checkpoints/safetensors.ts";
import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import type { Engine } from "../../engine/network.ts";
import { goldenNoise } from "../../engine/tape/testing/goldenFill.ts";
import { createNodeWasmEngine } from "../../engine/wasm/node/engine.ts";
import { bareContext } from "../../generators/testing/context.ts";
import { MemoryStore } from "../../storage/memory.ts";
import type { Json } from "../../storage/store.ts";
import { ControlSwitch } from "../control.ts";
import { keys } from "../keys.ts";
import { tinyCell } from "../testCell.ts";
import { readReported, trainCell } from "../trainCell.ts";
import { labellerHash, openLabeller } from "./labeller.ts";
import { argmaxRows, confidenceRows, emptyReport, withLabels } from "./pseudoLabels.ts";

const golden = new URL("../../../../shared/golden/generators/pseudo-labels/", import.meta.url);

describe.skipIf(!existsSync(golden))("pseudo-labels of the golden set", () => {
  const manifest = existsSync(golden)
    ? (JSON.parse(readFileSync(new URL("manifest.json", golden), "utf8")) as {
        edge_cases: { name: string; logits: string[]; torch_argmax: number }[];
        raw: { histogram: number[] };
        ties: { histogram_first_index_wins: number[] };
      })
    : null;

  it("are torch's in every edge case", () => {
    const number = (text: string): number => Number(text.replace("inf", "Infinity"));
    for (const { name, logits, torch_argmax } of manifest?.edge_cases ?? []) {
      expect([name, argmaxRows(Float32Array.from(logits, number), logits.length)[0]]).toEqual([name, torch_argmax]);
    }
  });

  it("are exact on random logits and on many ties", () => {
    const { tensors } = readSafetensors(new Uint8Array(readFileSync(new URL("io.safetensors", golden))));
    const raw = Float32Array.from(goldenNoise("pseudo/logits", 10_000), (v) => v * 4);
    const even = (value: number): number => {
      const down = Math.floor(value);
      return value - down === 0.5 ? down + (Math.abs(down) % 2) : Math.round(value);
    };
    for (const [logits, name, histogram] of [
      [raw, "labels_raw", manifest?.raw.histogram],
      [raw.map(even), "labels_ties", manifest?.ties.histogram_first_index_wins],
    ] as const) {
      const labels = argmaxRows(logits, 10);
      expect([...labels]).toEqual(Array.from(tensors.get(name)?.data as ArrayLike<number | bigint>, Number));
      const report = withLabels(emptyReport({ kind: "cell", id: "x" }, 10), labels, confidenceRows(logits, 10, labels));
      expect(report.histogram).toEqual(histogram);
      expect(report.confidence.reduce((sum, n) => sum + n, 0)).toBe(1000);
    }
  });
});

describe("confidence", () => {
  it("is the softmax at the label, counted in tenths; what is not finite counts as none", () => {
    const logits = Float32Array.of(0, 0, Math.log(3), 0, Number.POSITIVE_INFINITY, 0);
    const labels = argmaxRows(logits, 2);
    expect([...labels]).toEqual([0, 0, 0]);
    const confidence = confidenceRows(logits, 2, labels);
    expect(confidence[0]).toBe(0.5);
    expect(confidence[1]).toBeCloseTo(0.75, 6);
    const report = withLabels(emptyReport({ kind: "cell", id: "x" }, 2), labels, confidence);
    expect(report).toMatchObject({ count: 3, histogram: [3, 0], confidence: [1, 0, 0, 0, 0, 1, 0, 1, 0, 0] });
    const sure = withLabels(report, Int32Array.of(1), Float32Array.of(1));
    expect([sure.histogram, sure.confidence[9]]).toEqual([[3, 1], 1]);
  });
});

describe("a cell as a labeller", () => {
  const benchmark = shapesBenchmark({ train: 64, id_val: 20 });
  const store = new MemoryStore();
  const cell = tinyCell({ alpha: 1, steps: 2 });
  const spec = { kind: "cell", id: cell.id } as const;
  let engine: Engine;
  beforeAll(async () => {
    engine = await createNodeWasmEngine({ threads: 1, reproducible: true }, "");
    await train(cell);
    await store.write([[keys.summary(cell.id), { meta: { cell, detectors: [] } as unknown as Json, arrays: {} }]]);
  }, 60_000);
  afterAll(() => engine.dispose());

  async function train(trained: typeof cell): Promise<void> {
    const job = {
      store,
      generators: bareContext(store),
      benchmark,
      engine,
      control: new ControlSwitch(),
      emit: () => {},
    };
    await trainCell({ ...job, cell: trained, turn: (work) => work(), live: false });
  }

  it("labels images, the same whatever they come with", async () => {
    const hash = await labellerHash(bareContext(store), spec, benchmark);
    const labeller = await openLabeller(bareContext(store), async () => engine, spec, hash, benchmark);
    const { images } = await benchmark.load("train");
    const all = await labeller.label(images, 64);
    const some = await labeller.label(images.slice(10 * 3072, 20 * 3072), 10);
    expect(some.labels).toEqual(all.labels.slice(10, 20));
    expect(Math.min(...all.confidence)).toBeGreaterThanOrEqual(0.1 - 1e-6);
  });

  it("ships with the app as a file: the same labels, known by the file's hash", async () => {
    const { checkpoint } = await readReported(store, cell);
    const weights = [...checkpoint.state].filter(([name]) => !name.startsWith("momentum/"));
    const file = writeSafetensors(new Map(weights));
    const places = bareContext(store, { embedded: async () => file });
    const shipped = { kind: "embedded", id: "classifier.safetensors" } as const;
    const hash = createHash("sha256").update(file).digest("hex");
    expect(await labellerHash(places, shipped, benchmark)).toBe(hash);
    const { images } = await benchmark.load("train");
    const labelled = async (by: Parameters<typeof openLabeller>[2], known: string) =>
      (await openLabeller(places, async () => engine, by, known, benchmark)).label(images, 64);
    const own = await labelled(spec, await labellerHash(places, spec, benchmark));
    expect((await labelled(shipped, hash)).labels).toEqual(own.labels);
    await expect(labelled(shipped, "0".repeat(64))).rejects.toMatchObject({ code: "labeller-changed" });
  });

  it("is refused where it is gone, changed, or saw synthetic images", async () => {
    const open = (id: string, hash: string) =>
      openLabeller(bareContext(store), async () => engine, { kind: "cell", id }, hash, benchmark);
    await expect(open("gone", "")).rejects.toMatchObject({ code: "labeller-missing" });
    await expect(open(cell.id, "0".repeat(64))).rejects.toMatchObject({ code: "labeller-changed" });
    const mixed = { ...tinyCell({ alpha: 0.5 }), id: "mixed" };
    await store.write([
      [keys.summary("mixed"), { meta: { cell: mixed, detectors: [] } as unknown as Json, arrays: {} }],
    ]);
    await expect(open("mixed", "")).rejects.toMatchObject({ code: "labeller-unfit" });
    await expect(labellerHash(bareContext(store), { kind: "imported", id: "none" }, benchmark)).rejects.toMatchObject({
      code: "labeller-missing",
    });
  });
});
