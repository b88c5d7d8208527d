import { queryObjects, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { memory, neg, type Scalar, sum, Tensor } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { crossEntropy } from "../../training/methods/ce.ts";
import type { Engine, InputLoss, Network } from "../network.ts";
import { type CountedThreads, countThreads } from "./testing/node/countThreads.ts";
import { testBatch, testNetwork } from "./testRun.ts";

const hyper = { lr: 0.01, momentum: 0.9, weightDecay: 5e-4 };
const inputLoss: InputLoss = (logits) => neg<Scalar>(sum(logits));
const BATCH = 4;
const inputs = Float32Array.from({ length: BATCH * 16 * 16 * 3 }, (_, i) => Math.sin(i));

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Every WebAssembly memory made while the test runs. */
let memories: WeakRef<WebAssembly.Memory>[];
beforeEach(() => {
  memories = [];
  const counted = new Proxy(WebAssembly.Memory, {
    construct(target, given: [WebAssembly.MemoryDescriptor]) {
      const made = new target(...given);
      memories.push(new WeakRef(made));
      return made;
    },
  });
  vi.spyOn(WebAssembly, "Memory", "get").mockReturnValue(counted);
});
afterEach(() => vi.restoreAllMocks());

/** Trains, evaluates in a whole and a short slice, and finds an input gradient. */
async function round(network: Network, step: number): Promise<void> {
  const batch = testBatch(BATCH, step % 3);
  await network.trainStep(batch, crossEntropy, hyper);
  if (step % 2 === 0) await network.forward(batch.images, BATCH - (step % 4));
  else await network.inputGradient(inputs, BATCH, inputLoss);
}

/** Objects of which a forgotten batch, tensor or call would leave one behind. */
const counted = { Float32Array, Int32Array, ArrayBuffer, Promise, Tensor };

/** How many of them are held, garbage collected before, and bytes of buffers outside of the JavaScript heap. */
async function held(): Promise<Record<string, number>> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  const objects = Object.entries(counted).map(([name, type]) => [name, queryObjects(type, { format: "count" })]);
  return { ...Object.fromEntries(objects), bytes: process.memoryUsage().arrayBuffers };
}

describe.each([1, 2])("the wasm engine on %i threads", (threads) => {
  let engine: Engine;
  let alive: CountedThreads;
  beforeEach(async () => {
    ({ engine, threads: alive } = await countThreads(threads));
  });
  afterEach(() => engine.dispose());

  it("holds no more after 200 steps with evaluations and input gradients between them", async () => {
    const network = await testNetwork(engine, BATCH);
    const counts = () => ({ ...memory(), memories: memories.length, threads: alive.running });
    for (let step = 0; step < 20; step++) await round(network, step);
    const [first, before] = [await held(), counts()];
    for (let step = 0; step < 200; step++) await round(network, step);
    expect(counts()).toEqual(before);
    expect(before).toMatchObject({ memories: 1, threads: threads === 1 ? 0 : threads });
    const last = await held();
    for (const name of Object.keys(counted)) {
      // A few promises are the test runner's own.
      expect((last[name] ?? 0) - (first[name] ?? 0), `more of ${name}`).toBeLessThan(20);
    }
    // Less than the features of twenty steps: the least that a step could leave behind.
    expect((last.bytes ?? 0) - (first.bytes ?? 0)).toBeLessThan(20 * BATCH * 64 * 4);
  });

  it("lets go of each network's memory when it is disposed, and of no other", async () => {
    const kept = await testNetwork(engine, BATCH);
    await usedAndDisposed(engine, 3);
    await vi.waitFor(() => {
      collect();
      expect(memories.map((made) => made.deref() !== undefined)).toEqual([true, false, false, false]);
    });
    await round(kept, 0);
    expect(alive.running).toBe(threads === 1 ? 0 : threads);
  });

  it("ends its threads and lets go of every memory when it is disposed", async () => {
    await used(engine, 2);
    engine.dispose();
    await vi.waitFor(() => {
      collect();
      expect(alive.running).toBe(0);
      expect(memories.map((made) => made.deref() !== undefined)).toEqual([false, false]);
    });
    expect(alive.started).toBe(threads === 1 ? 0 : threads);
  });
});

/** In functions of their own, so that no local variable of a test holds a network. */
async function used(engine: Engine, count: number): Promise<void> {
  for (let k = 0; k < count; k++) await round(await testNetwork(engine, BATCH), k);
}

async function usedAndDisposed(engine: Engine, count: number): Promise<void> {
  for (let k = 0; k < count; k++) {
    const network = await testNetwork(engine, BATCH);
    await round(network, k);
    network.dispose();
  }
}
