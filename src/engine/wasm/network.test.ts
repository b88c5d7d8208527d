import { createHash } from "node:crypto";
import { memory, mul, scalar } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { architecture } from "../../networks/architecture.ts";
import { initialState } from "../../networks/init.ts";
import { Stream } from "../../random/stream.ts";
import { crossEntropy } from "../../training/methods/ce.ts";
import { normalisedNhwc } from "../augment.ts";
import { type Engine, type Loss, type Network, NonFiniteLoss, type StateDict, type TrainBatch } from "../network.ts";
import { Oracle } from "../oracle/classifier.ts";
import { largestDifference } from "../tape/testing/goldenFill.ts";
import { createNodeWasmEngine } from "./node/engine.ts";

const normalisation = { mean: [0.5, 0.4, 0.3], std: [0.25, 0.2, 0.3] } as const;
const hyper = { lr: 0.05, momentum: 0.9, weightDecay: 5e-4 };

function randomBatch(count: number, size: number, seed: number): TrainBatch {
  const stream = new Stream(seed, "test batch");
  const bytes = (length: number, below: number) => Uint8Array.from({ length }, () => stream.int(below));
  return {
    count,
    images: bytes(count * size * size * 3, 256),
    labels: Int32Array.from(bytes(count, 3)),
    augmentation: { flip: bytes(count, 2), offsetY: bytes(count, 9), offsetX: bytes(count, 9) },
  };
}

/** The same batch as the oracle takes it. */
function oracleImages(batch: TrainBatch, size: number): Float64Array {
  const nhwc = normalisedNhwc(batch, { imageSize: size }, normalisation);
  const plane = size * size;
  return Float64Array.from({ length: nhwc.length }, (_, i) => {
    const n = Math.floor(i / (3 * plane));
    return nhwc[(n * plane + (i % plane)) * 3 + (Math.floor(i / plane) % 3)] as number;
  });
}

async function open(engine: Engine, imageSize: number, maxBatch: number, width = 8): Promise<Network> {
  const spec = { architecture: "resnet18", width, classes: 3, imageSize } as const;
  const network = await engine.createNetwork(spec, { maxBatch, normalisation });
  await network.importState(initialState(spec, 1));
  return network;
}

/** The largest entry of the state's difference to the oracle's, relative to each tensor's largest change. */
function worstUpdate(before: StateDict, after: StateDict, oracle: Oracle): number {
  let worst = 0;
  for (const [name, { data }] of after) {
    const expected = oracle.state.get(name) as Float64Array;
    const change = largestDifference(before.get(name)?.data ?? [], expected);
    worst = Math.max(worst, largestDifference(data, expected) / change);
  }
  return worst;
}

/** Of names, shapes and bits; comparing the arrays themselves takes seconds. */
function digest(state: StateDict): string {
  const hash = createHash("sha256");
  for (const [name, { shape, data }] of state) hash.update(`${name} ${shape}`).update(data);
  return hash.digest("hex");
}

describe.each([
  { reproducible: true, threads: 1 },
  { reproducible: false, threads: 2 },
])("a wasm network, reproducible $reproducible, $threads threads", (request) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createNodeWasmEngine(request, "");
  });
  afterAll(() => engine.dispose());

  it.each([
    { size: 8, n: 5, maxBatch: 5 },
    { size: 16, n: 3, maxBatch: 20 },
    { size: 24, n: 2, maxBatch: 2 },
    { size: 32, n: 1, maxBatch: 3 },
  ])("steps and evaluates as the oracle, $size pixels, $n of $maxBatch images", async ({ size, n, maxBatch }) => {
    const network = await open(engine, size, maxBatch);
    const before = await network.exportState({ momenta: false });
    const oracle = new Oracle(architecture(network.spec), before);
    const batch = randomBatch(n, size, 5);
    const { loss } = await network.trainStep(batch, crossEntropy, hyper);
    const expected = oracle.trainStep(oracleImages(batch, size), batch.labels, hyper);
    expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-5);
    expect(worstUpdate(before, await network.exportState({ momenta: false }), oracle)).toBeLessThan(1e-3);
    const plain = { ...batch, augmentation: null };
    const { features, logits } = await network.forward(batch.images, n);
    const evaluated = oracle.evaluate(oracleImages(plain, size), n);
    // At 8 pixels the last norms average five values only, which magnifies rounding.
    expect(largestDifference(features, evaluated.features)).toBeLessThan(5e-4);
    expect(largestDifference(logits, evaluated.logits)).toBeLessThan(2e-4);
    network.dispose();
  });

  it("goes on from an exported state to the bit", async () => {
    const network = await open(engine, 8, 8);
    await network.trainStep(randomBatch(8, 8, 1), crossEntropy, hyper);
    const saved = await network.exportState({ momenta: true });
    const other = await open(engine, 8, 8);
    await other.importState(saved);
    for (const seed of [2, 3]) {
      const step = await network.trainStep(randomBatch(8, 8, seed), crossEntropy, hyper);
      expect(await other.trainStep(randomBatch(8, 8, seed), crossEntropy, hyper)).toEqual(step);
    }
    const ends = [await network.exportState({ momenta: true }), await other.exportState({ momenta: true })];
    expect(digest(ends[1] as StateDict)).toBe(digest(ends[0] as StateDict));
    expect(digest(ends[0] as StateDict)).not.toBe(digest(saved));
    network.dispose();
    other.dispose();
  });

  it("evaluates each image as it does alone, whatever batch it was compiled for", async () => {
    const { images } = randomBatch(7, 16, 9);
    const network = await open(engine, 16, 3);
    const wide = await open(engine, 16, 40);
    const all = await network.forward(images, 7);
    expect(await wide.forward(images, 7)).toEqual(all);
    const one = await network.forward(images.subarray(5 * 768), 1);
    expect(one.logits).toEqual(all.logits.slice(15, 18));
    expect((await network.forward(images, 0)).logits.length).toBe(0);
    network.dispose();
    wide.dispose();
  });

  it("keeps as many tensors over 50 steps", async () => {
    const network = await open(engine, 8, 4);
    await network.trainStep(randomBatch(4, 8, 1), crossEntropy, hyper);
    const { numTensors } = memory();
    for (let seed = 0; seed < 50; seed++) await network.trainStep(randomBatch(4, 8, seed), crossEntropy, hyper);
    expect(memory().numTensors).toBe(numTensors);
    network.dispose();
  });

  it("rejects a loss that is not finite before anything changes", async () => {
    const network = await open(engine, 8, 4);
    const before = await network.exportState({ momenta: true });
    const { numTensors } = memory();
    const infinite: Loss = (logits, labels) => mul(crossEntropy(logits, labels), scalar(Number.POSITIVE_INFINITY));
    await expect(network.trainStep(randomBatch(4, 8, 1), infinite, hyper)).rejects.toThrow(NonFiniteLoss);
    expect(digest(await network.exportState({ momenta: true }))).toBe(digest(before));
    expect(memory().numTensors).toBe(numTensors);
    network.dispose();
  });

  it("lets no ReLU swallow a NaN: the loss says so, and evaluation shows it", async () => {
    const network = await open(engine, 8, 4);
    for (const name of ["bn1.bias", "layer1.0.bn2.bias", "layer4.1.bn1.bias"]) {
      const state = initialState(network.spec, 1);
      (state.get(name) as { data: Float32Array }).data[0] = Number.NaN;
      await network.importState(state);
      const batch = randomBatch(4, 8, 1);
      expect((await network.forward(batch.images, 4)).logits.every(Number.isNaN), name).toBe(true);
      await expect(network.trainStep(batch, crossEntropy, hyper), name).rejects.toThrow(NonFiniteLoss);
    }
    network.dispose();
  });

  it("lets the other networks live when one is disposed in the middle of a step", async () => {
    const [network, other] = [await open(engine, 8, 4), await open(engine, 8, 4)];
    const step = network.trainStep(randomBatch(4, 8, 1), crossEntropy, hyper);
    network.dispose();
    await expect(step).rejects.toThrow("This network was disposed.");
    expect((await other.trainStep(randomBatch(4, 8, 1), crossEntropy, hyper)).loss).toBeGreaterThan(0);
    other.dispose();
  });

  it("says what is wrong with a state, a batch or a use after dispose", async () => {
    const network = await open(engine, 8, 4);
    const state = await network.exportState({ momenta: false });
    state.delete("bn1.bias");
    state.set("fc.bias", { shape: [4], data: new Float32Array(4) });
    state.set("extra", { shape: [1], data: new Float32Array(1) });
    await expect(network.importState(state)).rejects.toThrow(
      /bn1\.bias \[8\] is missing; fc\.bias is \[4\], not \[3\]; extra is unknown/,
    );
    await expect(network.trainStep(randomBatch(5, 8, 1), crossEntropy, hyper)).rejects.toThrow(/1 … 4 .*not 5/);
    await expect(network.trainStep(randomBatch(1, 8, 1), crossEntropy, hyper)).rejects.toThrow(/variance is undefined/);
    network.dispose();
    await expect(network.forward(new Uint8Array(192), 1)).rejects.toThrow(/disposed/);
    await expect(network.exportState({ momenta: false })).rejects.toThrow(/disposed/);
  });
});

describe("thread counts", () => {
  it.each([true, false])("give the same bits over five steps, reproducible %s", async (reproducible) => {
    const runs: unknown[] = [];
    for (const threads of [1, 2, 3]) {
      const engine = await createNodeWasmEngine({ threads, reproducible }, "");
      const network = await open(engine, 16, 20);
      const losses: number[] = [];
      for (let seed = 0; seed < 5; seed++) {
        const batch = randomBatch(seed === 4 ? 7 : 20, 16, seed);
        losses.push((await network.trainStep(batch, crossEntropy, hyper)).loss);
      }
      const evaluated = await network.forward(randomBatch(9, 16, 6).images, 9);
      runs.push({ losses, evaluated, state: digest(await network.exportState({ momenta: true })) });
      engine.dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });
});
