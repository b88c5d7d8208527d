import { grad, memory, tensor2d } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, type InputGradient, type Network, NonFiniteLoss } from "../../engine/network.ts";
import { goldenState } from "../../engine/tape/testing/goldenFill.ts";
import { startCpuBackend } from "../../engine/wasm/head.ts";
import { createNodeWasmEngine } from "../../engine/wasm/node/engine.ts";
import { Stream } from "../../random/stream.ts";
import { type InputPerturbation, UndefinedScore } from "../detector.ts";
import { ownCrossEntropy, perturbedInput, perturbedLogits } from "./perturb.ts";

const SIDE = 8;
const CLASSES = 10;
const PIXELS = SIDE * SIDE * 3;
const spec = { architecture: "resnet18", width: 8, classes: CLASSES, imageSize: SIDE } as const;
const normalisation = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3] } as const;
const odinLike: InputPerturbation = { key: "test", step: -0.0014, sigma: [0.25, 0.5, 1], temperature: 1000 };

const stream = new Stream(1, "test-perturb");
const bytes = (count: number) => Uint8Array.from({ length: count * PIXELS }, () => stream.int(256));

/** A network without a backend, whose gradient is given. */
function fakeNetwork(gradient: (count: number) => Float32Array | NonFiniteLoss): Network {
  const unused = () => Promise.reject(new Error("not part of the pass"));
  return {
    spec,
    featureDim: 64,
    backend: { name: "cpu", threads: 1, adapter: "", software: false, reason: "test" },
    stepsInFlight: 1,
    trainStep: unused,
    forward: unused,
    exportState: unused,
    importState: unused,
    forwardNormalised: async (_input, count) => ({
      features: new Float32Array(),
      logits: new Float32Array(count * CLASSES),
    }),
    async inputGradient(_input, count): Promise<InputGradient> {
      const given = gradient(count);
      if (given instanceof NonFiniteLoss) throw given;
      return { gradient: given, features: new Float32Array(), logits: new Float32Array() };
    },
    dispose() {},
  };
}

describe("the pass over perturbed images", () => {
  let engine: Engine;
  let network: Network;
  beforeAll(async () => {
    engine = await createNodeWasmEngine({ reproducible: true, threads: 1 }, "");
    network = await engine.createNetwork(spec, { maxBatch: 50, normalisation });
    await network.importState(goldenState(spec));
  });
  afterAll(() => engine.dispose());

  it("moves every image by itself, whatever run it falls into", async () => {
    const count = 300;
    const images = bytes(count);
    const seen: [number, number][] = [];
    const all = await perturbedLogits(network, images, count, normalisation, odinLike, {
      onProgress: (done, total) => seen.push([done, total]),
    });
    expect(all.length).toBe(count * CLASSES);
    expect(seen.at(-1)).toEqual([count, count]);
    for (const index of [0, 127, 128, 299]) {
      const one = images.subarray(index * PIXELS, (index + 1) * PIXELS);
      const alone = await perturbedLogits(network, one, 1, normalisation, odinLike);
      alone.forEach((logit, k) => {
        expect(logit).toBeCloseTo(all[index * CLASSES + k] as number, 5);
      });
    }
  });

  it("takes pixels as the networks do: without a step the logits are those of an evaluation", async () => {
    const images = bytes(60);
    const still = await perturbedLogits(network, images, 60, normalisation, { ...odinLike, step: 0 });
    expect(still).toEqual((await network.forward(images, 60)).logits);
    const moved = await perturbedLogits(network, images, 60, normalisation, odinLike);
    expect(moved).not.toEqual(still);
  });

  it("lowers the cross-entropy of each image's own class", async () => {
    const count = 40;
    const images = bytes(count);
    const before = (await network.forward(images, count)).logits;
    const after = await perturbedLogits(network, images, count, normalisation, { ...odinLike, temperature: 1 });
    const own = (logits: Float32Array, predicted: number[]) =>
      predicted.map((best, i) => {
        const row = logits.subarray(i * CLASSES, (i + 1) * CLASSES);
        return Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - (row[best] as number);
      });
    const predicted = Array.from({ length: count }, (_, i) => {
      const row = before.subarray(i * CLASSES, (i + 1) * CLASSES);
      return row.indexOf(Math.max(...row));
    });
    const [first, second] = [own(before, predicted), own(after, predicted)];
    first.forEach((loss, i) => {
      expect(second[i]).toBeLessThan(loss);
    });
  });

  it("leaves no tensors behind", async () => {
    const images = bytes(4);
    await perturbedLogits(network, images, 4, normalisation, odinLike);
    const { numTensors } = memory();
    await perturbedLogits(network, images, 4, normalisation, odinLike);
    expect(memory().numTensors).toBe(numTensors);
  });

  it("names the images whose logits are not finite", async () => {
    const broken = await engine.createNetwork(spec, { maxBatch: 50, normalisation });
    const state = goldenState(spec);
    state.get("fc.bias")?.data.fill(Number.NaN);
    await broken.importState(state);
    const pass = perturbedLogits(broken, bytes(130), 130, normalisation, odinLike);
    await expect(pass).rejects.toThrow(UndefinedScore);
    await expect(perturbedLogits(broken, bytes(130), 130, normalisation, odinLike)).rejects.toThrow(
      "undefined, because the network's logits for the images 0 to 127",
    );
    broken.dispose();
  });

  it("too few bytes are refused", async () => {
    await expect(perturbedLogits(network, bytes(1), 2, normalisation, odinLike)).rejects.toThrow(RangeError);
  });
});

describe("the step", () => {
  it("goes by the sign, a gradient of 0 counting as positive, divided per channel", async () => {
    const input = new Float32Array(PIXELS).fill(1);
    const signs = [-3, 0, 1e-30];
    const network = fakeNetwork(() => new Float32Array(PIXELS).map((_, i) => signs[i % 3] as number));
    const moved = await perturbedInput(network, input, 1, { ...odinLike, step: -0.1, sigma: [0.5, 0.25, 1] });
    expect([...moved.subarray(0, 3)]).toEqual([1 + 0.1 / 0.5, 1 - 0.1 / 0.25, 1 - 0.1].map(Math.fround));
  });

  it("a gradient that is not finite is no positive one", async () => {
    const overflown = fakeNetwork((count) => new Float32Array(count * PIXELS).fill(Number.NaN));
    await expect(perturbedInput(overflown, new Float32Array(PIXELS), 1, odinLike, 7)).rejects.toThrow(
      "the images 7 to 7",
    );
    const failing = fakeNetwork(() => new NonFiniteLoss(Number.NaN));
    await expect(perturbedInput(failing, new Float32Array(PIXELS), 1, odinLike)).rejects.toThrow(UndefinedScore);
  });
});

describe("abort, turns, breath", () => {
  const zeros = fakeNetwork((count) => new Float32Array(count * PIXELS));

  it("an abort ends the pass with its reason", async () => {
    const controller = new AbortController();
    const pass = perturbedLogits(zeros, bytes(400), 400, normalisation, odinLike, {
      signal: controller.signal,
      turn: async (work) => {
        controller.abort(new Error("stopped by the user"));
        return work();
      },
    });
    await expect(pass).rejects.toThrow("stopped by the user");
  });

  it("works inside turns and breathes outside", async () => {
    const events: string[] = [];
    await perturbedLogits(zeros, bytes(130), 130, normalisation, odinLike, {
      turn: async (work) => {
        events.push("begin");
        const done = await work();
        events.push("end");
        return done;
      },
      breathe: async () => void events.push("breathe"),
    });
    expect(events).toEqual(["begin", "end", "breathe"]);
  });
});

describe("the loss", () => {
  beforeAll(startCpuBackend);

  it("is CE(z/T, argmax z), summed, with (softmax(z/T) − onehot)/T as gradient", async () => {
    const rows = [1, 3, 2, 0.5, -1, -2];
    const T = 2;
    const z = tensor2d(rows, [2, 3]);
    const [value] = await ownCrossEntropy(z, T).data();
    const slope = await grad((x) => ownCrossEntropy(x as typeof z, T))(z).data();
    const softmax = (row: number[]) => {
      const powers = row.map((v) => Math.exp(v / T));
      const sum = powers.reduce((a, b) => a + b);
      return powers.map((power) => power / sum);
    };
    const [p, q] = [softmax(rows.slice(0, 3)), softmax(rows.slice(3))];
    expect(value).toBeCloseTo(-Math.log(p[1] as number) - Math.log(q[0] as number), 6);
    const expected = [...p.map((v, k) => (v - (k === 1 ? 1 : 0)) / T), ...q.map((v, k) => (v - (k === 0 ? 1 : 0)) / T)];
    expected.forEach((v, i) => {
      expect(slope[i]).toBeCloseTo(v, 6);
    });
  });

  it("of equal largest logits the first is the class", async () => {
    const slope = await grad((x) => ownCrossEntropy(x as never, 1))(tensor2d([2, 2], [1, 2])).data();
    expect([...slope]).toEqual([-0.5, 0.5]);
  });
});
