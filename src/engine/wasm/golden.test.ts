import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../checkpoints/safetensors.ts";
import { crossEntropy } from "../../training/methods/ce.ts";
import type { Engine, Forward, StateDict } from "../network.ts";
import {
  goldenBatch,
  goldenPicture,
  goldenState,
  largestDifference,
  relativeDifference,
  toNhwc,
} from "../tape/testing/goldenFill.ts";
import { WasmNetwork } from "./network.ts";
import { createNodeWasmEngine } from "./node/engine.ts";

/** The reference implementation's numbers; where ../shared is absent, the subset that is kept as a fixture. */
function golden(folder: string, fixture: string): ReturnType<typeof readSafetensors>["tensors"] {
  const shared = `../shared/golden/ood/${folder}/io.safetensors`;
  const file = existsSync(shared) ? shared : new URL(`../tape/fixtures/${fixture}.safetensors`, import.meta.url);
  return readSafetensors(new Uint8Array(readFileSync(file))).tensors;
}

const identity = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
const std = [0.247, 0.2435, 0.2616] as const;

const machines = [
  { reproducible: true, threads: 1 },
  { reproducible: true, threads: 2 },
  { reproducible: false, threads: 1 },
  { reproducible: false, threads: 2 },
];

async function wasmNetwork(engine: Engine, imageSize: number, maxBatch: number): Promise<WasmNetwork> {
  const spec = { architecture: "resnet18", width: 8, classes: 10, imageSize } as const;
  const network = await engine.createNetwork(spec, { maxBatch, normalisation: identity });
  if (!(network instanceof WasmNetwork)) throw new Error("not a wasm network");
  await network.importState(goldenState(spec));
  return network;
}

describe.each(machines)("wasm, reproducible $reproducible, $threads threads", (request) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createNodeWasmEngine(request, "");
  });
  afterAll(() => engine.dispose());

  it("names its build and its threads", () => {
    expect(engine.backend.name).toBe(request.reproducible ? "wasm-simd" : "wasm-relaxed");
    expect(engine.backend.threads).toBe(request.threads);
  });

  describe("five SGD steps at lr 0.02", () => {
    const expected = golden("training/sgd_w8_strict_lr0.02", "sgd_w8_strict_lr0.02");
    const labels = Int32Array.from({ length: 16 }, (_, i) => (3 * i + 1) % 10);
    const input = toNhwc(goldenBatch("train_batch8/70", 16, 8, std), 8);
    const losses: number[] = [];
    const states: Partial<Record<"step1" | "step5", StateDict>> = {};
    let evaluation: Forward;

    beforeAll(async () => {
      const network = await wasmNetwork(engine, 8, 16);
      for (let step = 1; step <= 5; step++) {
        const hyper = { lr: 0.02, momentum: 0.9, weightDecay: 5e-4 };
        losses.push((await network.trainNormalised(input, labels, crossEntropy, hyper)).loss);
        if (step === 1) states.step1 = await network.exportState({ momenta: false });
      }
      states.step5 = await network.exportState({ momenta: false });
      evaluation = await network.forwardNormalised(input, 16);
      network.dispose();
    });

    it("meets the losses", () => {
      const float64 = [
        2.6444472098166787, 1.6469627573900063, 0.8405796279799841, 0.24963145075997883, 0.105486365980225,
      ];
      const tolerance = [2.4e-6, 1.7e-5, 1.7e-5, 1.4e-5, 2e-6];
      losses.forEach((loss, i) => {
        expect(Math.abs(loss - (float64[i] as number)), `step ${i + 1}`).toBeLessThan(tolerance[i] as number);
      });
    });

    it.each([
      { step: "step1", params: 1e-5, running: 1e-5 },
      { step: "step5", params: 1.5e-5, running: 7.7e-5 },
    ] as const)("meets parameters and running statistics after $step", ({ step, params, running }) => {
      let compared = 0;
      for (const [key, { data }] of expected) {
        const name = key.slice(step.length + 1);
        if (!key.startsWith(`${step}/`) || name.includes("logits") || name.endsWith("num_batches_tracked")) continue;
        const atol = name.includes("running_") ? running : params;
        expect(largestDifference(states[step]?.get(name)?.data ?? [], data as Float32Array), name).toBeLessThan(atol);
        compared++;
      }
      expect(compared).toBeGreaterThan(5);
    });

    it("meets the evaluation-mode logits after the last step", () => {
      const logits = expected.get("step5/eval_logits_on_batch")?.data as Float32Array;
      expect(relativeDifference(evaluation.logits, logits)).toBeLessThan(1.7e-4);
    });
  });

  it("meets features and logits of an evaluation pass at 32 pixels", async () => {
    const expected = golden("networks/resnet18_32x32_w8", "resnet18_32x32_w8");
    const network = await wasmNetwork(engine, 32, 3);
    const pictures = [1, 2, 4, 8].map((block, i) => goldenPicture(`images/${i}`, 32, block, std));
    const { features, logits } = await network.forwardNormalised(toNhwc(pictures, 32), 4);
    expect(largestDifference(logits, expected.get("logits")?.data as Float32Array)).toBeLessThan(2.7e-4);
    expect(largestDifference(features, expected.get("features")?.data as Float32Array)).toBeLessThan(5.1e-4);
    network.dispose();
  });
});
