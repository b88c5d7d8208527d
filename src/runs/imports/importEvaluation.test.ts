import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readSafetensors, type TensorToWrite, writeSafetensors } from "../../checkpoints/safetensors.ts";
import { torchFile } from "../../checkpoints/testing/torchFile.ts";
import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import { detectors } from "../../detection/registry.ts";
import { plainKernels } from "../../engine/dense/plain.ts";
import type { Engine } from "../../engine/network.ts";
import { createNodeWasmEngine } from "../../engine/wasm/node/engine.ts";
import { initialState } from "../../networks/init.ts";
import { Stream } from "../../random/stream.ts";
import { MemoryStore } from "../../storage/memory.ts";
import { ControlSwitch } from "../control.ts";
import { rescore, type ScoreContext, search } from "../evaluation/rescore.ts";
import { targetScores } from "../evaluation/targetScores.ts";
import { exportImportedScores } from "./exportImportedScores.ts";
import { importEvaluation } from "./importEvaluation.ts";
import { deleteImportedEvaluation, importedEvaluations } from "./importedEvaluations.ts";
import type { ImportFile, ImportOptions } from "./importOptions.ts";
import { inspectImport } from "./inspectImport.ts";

const small = shapesBenchmark({
  train: 64,
  id_val: 24,
  id_test: 30,
  id_test_shuffled_hues: 20,
  near_unseen: 20,
  near_val: 20,
  far_glyphs: 20,
  far_digits: 20,
  far_textures: 20,
  far_scenes: 20,
  far_val: 20,
});
vi.mock("../benchmarks.ts", () => ({ openBenchmark: async () => small }));

const CLASSES = 3;
const DIM = 6;

let engine: Engine;
beforeAll(async () => {
  engine = await createNodeWasmEngine({ threads: 1, reproducible: true }, "");
}, 60_000);
afterAll(() => engine.dispose());

function contextOf(store: MemoryStore): ScoreContext {
  return {
    store,
    engine: async () => engine,
    kernels: plainKernels,
    control: new ControlSwitch(),
    emit: () => {},
    turn: (work) => work(),
  };
}

function fileOf(name: string, tensors: Readonly<Record<string, TensorToWrite>>): ImportFile {
  return { name, blob: new Blob([writeSafetensors(new Map(Object.entries(tensors)))]) };
}

function vector(...data: number[]): TensorToWrite {
  return { shape: [data.length], data: Float32Array.from(data) };
}

const head = new Float32Array(CLASSES * DIM);
for (let k = 0; k < CLASSES; k++) head[k * DIM + k] = 1;

/** Features around their class's axis (ID) or around the origin (OOD); logits are the first three of them. */
function setFile(name: string, count: number, ood: boolean, holds: readonly ("features" | "logits" | "labels")[]) {
  const stream = new Stream(0, name);
  const features = new Float32Array(count * DIM);
  const logits = new Float32Array(count * CLASSES);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = i % CLASSES;
    for (let c = 0; c < DIM; c++) features[i * DIM + c] = stream.uniform(0, 1) + (!ood && c === labels[i] ? 4 : 0);
    for (let k = 0; k < CLASSES; k++) logits[i * CLASSES + k] = features[i * DIM + k] as number;
  }
  const all: Record<string, TensorToWrite> = {
    features: { shape: [count, DIM], data: features },
    logits: { shape: [count, CLASSES], data: logits },
    labels: { shape: [count], data: labels },
  };
  return fileOf(name, Object.fromEntries(holds.map((what) => [what, all[what] as TensorToWrite])));
}

async function optionsFor(files: readonly ImportFile[], more: Partial<ImportOptions> = {}): Promise<ImportOptions> {
  const inspected = await inspectImport(files);
  expect(inspected.map(({ problem }) => problem)).toEqual(files.map(() => null));
  return {
    name: "mine",
    preset: "quick",
    files: Object.fromEntries(inspected.map(({ name, suggested }) => [name, suggested])),
    sets: Object.fromEntries(inspected.flatMap(({ sets }) => sets.map(({ name, suggested }) => [name, suggested]))),
    benchmark: null,
    expectedAccuracy: null,
    acceptAccuracy: false,
    ...more,
  };
}

describe("scores that were computed elsewhere", () => {
  const files = [
    fileOf("id_test.safetensors", { score_mine: vector(3, 4, 5, 6), score_other: vector(1, 1, 1, 1) }),
    fileOf("near_cats.safetensors", { score_mine: vector(1, 2, 3), score_other: vector(1, 1, 2) }),
    fileOf("svhn.safetensors", { score_mine: vector(0, 1) }),
  ];

  it("are judged under their own names, exported and deleted", async () => {
    const store = new MemoryStore();
    const imported = await importEvaluation(files, await optionsFor(files), contextOf(store));
    expect(imported).toMatchObject({ kind: "scores", classes: 0, gate: { open: true, measured: null } });
    const [mine, other] = imported.detectors;
    // Of 4 × 3 pairs one is a tie: 11.5 / 12.
    expect(mine?.near.auroc).toBeCloseTo(11.5 / 12, 12);
    expect(mine?.far.auroc).toBe(1);
    // Eight ties and four losses; it has no score of svhn.
    expect(other?.near.auroc).toBeCloseTo(4 / 12, 12);
    expect(other?.sets.map(({ set }) => set)).toEqual(["near_cats"]);
    expect(await importedEvaluations(store)).toEqual([imported]);

    const target = { kind: "import", id: imported.id } as const;
    const scores = await targetScores(target, { name: "mine" }, contextOf(store));
    expect(scores.sets.svhn?.scores).toEqual(Float32Array.of(0, 1));
    const exported = readSafetensors((await exportImportedScores(store, target)) as Uint8Array);
    expect([...exported.tensors.keys()].sort()).toEqual(
      ["mine/id", "mine/near_cats", "mine/svhn", "other/id", "other/near_cats"].sort(),
    );
    expect(exported.tensors.get("mine/id")?.data).toEqual(Float32Array.of(3, 4, 5, 6));

    await deleteImportedEvaluation(store, imported.id);
    expect(await store.keys("")).toEqual([]);
  });

  it("come back from the exported file as they were", async () => {
    const store = new MemoryStore();
    const first = await importEvaluation(files, await optionsFor(files), contextOf(store));
    const bytes = (await exportImportedScores(store, { kind: "import", id: first.id })) as Uint8Array<ArrayBuffer>;
    const again = [{ name: "scores.safetensors", blob: new Blob([bytes]) }];
    const second = await importEvaluation(again, await optionsFor(again), contextOf(new MemoryStore()));
    expect(second.detectors.map(({ detector, near, far }) => ({ detector, near, far }))).toEqual(
      first.detectors.map(({ detector, near, far }) => ({ detector, near, far })),
    );
  });

  it("leave nothing behind when they are refused", async () => {
    const store = new MemoryStore();
    const broken = fileOf("far_x.safetensors", { score_mine: vector(1, Number.NaN) });
    const options = await optionsFor(files);
    const withBroken = {
      ...options.files,
      [broken.name]: { use: "set", set: "x", group: "far", role: "test" } as const,
    };
    const job = importEvaluation([...files, broken], { ...options, files: withBroken }, contextOf(store));
    await expect(job).rejects.toThrow(/far_x.*NaN/);
    const idOnly = importEvaluation(files.slice(0, 1), options, contextOf(store));
    await expect(idOnly).rejects.toThrow("None of the files is an OOD test set");
    expect(await store.keys("")).toEqual([]);
  });
});

describe("logits that were computed elsewhere", () => {
  const files = [
    setFile("train.safetensors", 60, false, ["logits", "labels"]),
    setFile("id_val.safetensors", 30, false, ["logits", "labels"]),
    setFile("id_test.safetensors", 30, false, ["logits", "labels"]),
    setFile("near_cats.safetensors", 30, true, ["logits"]),
    setFile("far_svhn.safetensors", 30, true, ["logits"]),
  ];

  it("are scored by every detector that reads only them; the others are named", async () => {
    const store = new MemoryStore();
    const imported = await importEvaluation(files, await optionsFor(files), contextOf(store));
    expect(imported).toMatchObject({ kind: "logits", classes: CLASSES, gate: { open: true, measured: 1 } });
    const reads = detectors.filter(({ readsFeatures, perturb }) => !readsFeatures && perturb === undefined);
    expect(imported.detectors.map(({ detector }) => detector)).toEqual(reads.map(({ name }) => name));
    expect(imported.detectors.find(({ detector }) => detector === "mls")?.near.auroc).toBe(1);
    expect(imported.notes.join(" ")).toContain("KNN (needs features and a head)");
    const target = { kind: "import", id: imported.id } as const;
    const [again] = await rescore(target, [{ name: "mls" }], contextOf(store));
    expect(again?.near).toEqual(imported.detectors.find(({ detector }) => detector === "mls")?.near);
  });

  it("show nothing and keep nothing while the gate is closed, until the accuracy is accepted", async () => {
    const store = new MemoryStore();
    const options = await optionsFor(files, { expectedAccuracy: 0.5 });
    const closed = await importEvaluation(files, options, contextOf(store));
    expect(closed).toMatchObject({ detectors: [], gate: { open: false, measured: 1, expected: 0.5 } });
    expect(await store.keys("")).toEqual([]);
    const opened = await importEvaluation(files, { ...options, acceptAccuracy: true }, contextOf(store));
    expect(opened.gate).toMatchObject({ open: true, measured: 1, expected: 0.5, reason: /Accepted by the user/ });
    expect(opened.detectors.length).toBeGreaterThan(3);
  });
});

describe("features with their head", () => {
  const files = [
    setFile("train.safetensors", 120, false, ["features", "labels"]),
    setFile("id_val.safetensors", 30, false, ["features", "labels"]),
    setFile("near_val.safetensors", 30, true, ["features"]),
    setFile("id_test.safetensors", 30, false, ["features", "logits", "labels"]),
    setFile("near_cats.safetensors", 30, true, ["features"]),
    fileOf("head.safetensors", {
      weight: { shape: [CLASSES, DIM], data: head },
      bias: { shape: [CLASSES], data: new Float32Array(CLASSES) },
    }),
  ];

  it("are scored by every detector but those that look at images, and searched", async () => {
    const store = new MemoryStore();
    const imported = await importEvaluation(files, await optionsFor(files), contextOf(store));
    expect(imported).toMatchObject({ kind: "features", featureDim: DIM, gate: { open: true, measured: 1 } });
    const wanted = detectors.filter(({ perturb }) => perturb === undefined).map(({ name }) => name);
    expect(imported.detectors.map(({ detector }) => detector)).toEqual(wanted);
    expect(imported.detectors.find(({ detector }) => detector === "knn")?.near.auroc).toBe(1);
    expect(imported.notes.join(" ")).toMatch(/computed from features and head: .*near_cats\.safetensors/);
    const target = { kind: "import", id: imported.id } as const;
    const [knn] = await rescore(target, [{ name: "knn", params: { K: 3 } }], contextOf(store));
    expect(knn).toMatchObject({ variant: "knn(K=3)", undefinedBecause: null });
    const found = await search(target, "knn", contextOf(store));
    expect(found.valSets).toEqual(["near_val"]);
    expect(found.candidates.length).toBeGreaterThan(1);
  });

  it("are refused with file and shapes where sets disagree", async () => {
    const store = new MemoryStore();
    const narrow = fileOf("far_x.safetensors", { features: { shape: [2, 4], data: new Float32Array(8) } });
    const all = [...files, narrow];
    const job = importEvaluation(all, await optionsFor(all), contextOf(store));
    await expect(job).rejects.toThrow(/far_x\.safetensors.*\[2, 4\].*\[3, 6\].*disagree in d/);
    expect(await store.keys("")).toEqual([]);
  });
});

describe("a checkpoint of torch.save", () => {
  const spec = { architecture: "resnet18", width: 8, classes: small.info.classNames.length, imageSize: 32 } as const;
  const file = { name: "run_acc95.00.ckpt", blob: new Blob([torchFile(initialState(spec, 1))]) };

  it("stays behind the gate without its accuracy, and is scored by every detector once that is accepted", async () => {
    const store = new MemoryStore();
    const [inspected] = await inspectImport([file]);
    expect(inspected).toMatchObject({ kind: "checkpoint", problem: null, expectedAccuracy: 0.95 });
    const options = await optionsFor([file], { benchmark: "shapes" });
    const closed = await importEvaluation([file], options, contextOf(store));
    expect(closed).toMatchObject({
      detectors: [],
      gate: { open: false, expected: 0.95, reason: /The file name says 95\.00 %/ },
    });
    expect(await store.keys("")).toEqual([]);

    const imported = await importEvaluation([file], { ...options, acceptAccuracy: true }, contextOf(store));
    expect(imported).toMatchObject({ kind: "checkpoint", benchmark: "shapes", featureDim: 64 });
    expect(imported.detectors.map(({ detector }) => detector)).toEqual(detectors.map(({ name }) => name));
    expect(imported.detectors.find(({ detector }) => detector === "msp")?.near.auroc).toBeGreaterThan(0);

    // A pass that nobody has run yet: the network and the images are still there.
    const target = { kind: "import", id: imported.id } as const;
    const [odin] = await rescore(target, [{ name: "odin", params: { T: 10 } }], contextOf(store));
    expect(odin).toMatchObject({ variant: "odin(T=10)", undefinedBecause: null });
    expect(odin?.near.auroc).toBeGreaterThan(0);
    await deleteImportedEvaluation(store, imported.id);
    expect(await store.keys("")).toEqual([]);
  }, 60_000);

  it("is refused with the names of what is wrong", async () => {
    const state = initialState(spec, 1);
    state.delete("layer1.0.bn1.running_mean");
    const broken = { name: "broken.ckpt", blob: new Blob([torchFile(state)]) };
    const [inspected] = await inspectImport([broken]);
    expect(inspected).toMatchObject({ kind: null, problem: /layer1\.0\.bn1\.running_mean \[8\] is missing/ });
    const store = new MemoryStore();
    const options = await optionsFor([file], { benchmark: "shapes", files: { "broken.ckpt": { use: "checkpoint" } } });
    await expect(importEvaluation([broken], options, contextOf(store))).rejects.toThrow("running_mean");
    expect(await store.keys("")).toEqual([]);
  });
});
