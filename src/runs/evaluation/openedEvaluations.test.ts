import { describe, expect, it } from "vitest";
import type { ActivationSet } from "../../detection/evaluation/activationSet.ts";
import { discardEvaluation, writeEvaluation } from "../../detection/evaluation/evaluationCache.ts";
import { MemoryStore } from "../../storage/memory.ts";
import { OpenedEvaluations } from "./openedEvaluations.ts";

const COUNT = 5;
const keeping = { dtype: "float32", backend: "wasm" } as const;

/** Counts reads of whole records. */
class CountingStore extends MemoryStore {
  reads = 0;

  override read(key: string): ReturnType<MemoryStore["read"]> {
    this.reads++;
    return super.read(key);
  }
}

async function keep(store: MemoryStore, prefix: string, value: number, backend = "wasm"): Promise<void> {
  const features = new Float32Array(COUNT * 2).fill(value);
  const set: ActivationSet = {
    count: COUNT,
    labels: new Int32Array(COUNT),
    logits: new Float32Array(COUNT * 3).fill(value),
    readFeatures: async (first, count) => features.subarray(first * 2, (first + count) * 2),
  };
  const head = { weight: new Float32Array(6), bias: new Float32Array(3) };
  const evaluation = { featureDim: 2, classes: 3, head, sets: new Map([["id", set]]) };
  await writeEvaluation(store, prefix, evaluation, { ...keeping, backend });
}

async function firstFeature(
  opened: OpenedEvaluations,
  store: MemoryStore,
  prefix: string,
): Promise<number | undefined> {
  const set = (await opened.read(store, prefix))?.sets.get("id");
  return (await set?.readFeatures(0, COUNT))?.[0];
}

describe("opened evaluations", () => {
  it("are read from the store once", async () => {
    const store = new CountingStore();
    await keep(store, "a", 1);
    const opened = new OpenedEvaluations();
    expect(await firstFeature(opened, store, "a")).toBe(1);
    const before = store.reads;
    expect(before).toBeGreaterThan(0);
    expect(await firstFeature(opened, store, "a")).toBe(1);
    expect(store.reads).toBe(before);
  });

  it("are read again when made anew, and gone when deleted", async () => {
    const store = new MemoryStore();
    await keep(store, "a", 1);
    const opened = new OpenedEvaluations();
    expect(await firstFeature(opened, store, "a")).toBe(1);
    // The stamp's time has milliseconds: the second evaluation must not fall into the first one's.
    await new Promise((resolve) => setTimeout(resolve, 5));
    await keep(store, "a", 2);
    expect(await firstFeature(opened, store, "a")).toBe(2);
    await discardEvaluation(store, "a");
    expect(await opened.read(store, "a")).toBeUndefined();
  });

  it("are the last three", async () => {
    const store = new CountingStore();
    const opened = new OpenedEvaluations();
    for (const prefix of ["a", "b", "c", "d"]) {
      await keep(store, prefix, 1);
      await firstFeature(opened, store, prefix);
    }
    const before = store.reads;
    for (const prefix of ["b", "c", "d"]) await firstFeature(opened, store, prefix);
    expect(store.reads).toBe(before);
    await firstFeature(opened, store, "a");
    expect(store.reads).toBeGreaterThan(before);
  });
});
