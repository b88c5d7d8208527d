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

/** The reference implementation's numbers; where ../shared is absent, the subset kept as a fixture, if there is one. */
function golden(folder: string, fixture: string): ReturnType<typeof readSafetensors>["tensors"] | null {
  const shared = `../shared/golden/ood/${folder}/io.safetensors`;
  const file = existsSync(shared) ? shared : new URL(`../tape/fixtures/${fixture}.safetensors`, import.meta.url);
  return existsSync(file) ? readSafetensors(new Uint8Array(readFileSync(file))).tensors : null;
}

const identity = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
const std = [0.247, 0.2435, 0.2616] as const;

/** Losses in float64; tolerances are the manifests'. */
const sgdCases = [
  {
    lr: 0.02,
    folder: "sgd_w8_strict_lr0.02",
    key: "train_batch8/70",
    losses: [
      { value: 2.6444472098166787, tolerance: 2.4e-6 },
      { value: 1.6469627573900063, tolerance: 1.7e-5 },
      { value: 0.8405796279799841, tolerance: 1.7e-5 },
      { value: 0.24963145075997883, tolerance: 1.4e-5 },
      { value: 0.10548636598022502, tolerance: 2e-6 },
    ],
    step1: { params: 1e-5, running: 1e-5 },
    step5: { params: 1.5e-5, running: 7.7e-5 },
    evaluation: 1.7e-4,
  },
  {
    lr: 0.1,
    folder: "sgd_w8_strict_lr0.1",
    key: "train_batch8/84",
    losses: [
      { value: 2.772397027831987, tolerance: 5e-6 },
      { value: 2.319224631300734, tolerance: 1.2e-4 },
      { value: 2.1589120314454404, tolerance: 1.5e-4 },
      { value: 1.5508356898263154, tolerance: 1.8e-4 },
      { value: 0.8376100540385095, tolerance: 1.2e-4 },
    ],
    step1: { params: 2.2e-5, running: 1e-5 },
    step5: { params: 2.6e-4, running: 1.2e-3 },
    evaluation: 6.6e-4,
  },
];

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

  describe.each(sgdCases)("five SGD steps at lr $lr", (sgd) => {
    const expected = golden(`training/${sgd.folder}`, sgd.folder);
    describe.skipIf(!expected)("against the reference", () => {
      const labels = Int32Array.from({ length: 16 }, (_, i) => (3 * i + 1) % 10);
      const input = toNhwc(goldenBatch(sgd.key, 16, 8, std), 8);
      const losses: number[] = [];
      const states: Partial<Record<"step1" | "step5", StateDict>> = {};
      let evaluation: Forward;

      beforeAll(async () => {
        const network = await wasmNetwork(engine, 8, 16);
        for (let step = 1; step <= 5; step++) {
          const hyper = { lr: sgd.lr, momentum: 0.9, weightDecay: 5e-4 };
          losses.push((await network.trainNormalised(input, labels, crossEntropy, hyper)).loss);
          if (step === 1) states.step1 = await network.exportState({ momenta: false });
        }
        states.step5 = await network.exportState({ momenta: false });
        evaluation = await network.forwardNormalised(input, 16);
        network.dispose();
      });

      it("meets the losses", () => {
        losses.forEach((loss, i) => {
          const { value, tolerance } = sgd.losses[i] as { value: number; tolerance: number };
          expect(Math.abs(loss - value), `step ${i + 1}`).toBeLessThan(tolerance);
        });
      });

      it.each(["step1", "step5"] as const)("meets parameters and running statistics after %s", (step) => {
        let compared = 0;
        for (const [key, { data }] of expected ?? []) {
          const name = key.slice(step.length + 1);
          if (!key.startsWith(`${step}/`) || name.includes("logits") || name.endsWith("num_batches_tracked")) continue;
          const atol = sgd[step][name.includes("running_") ? "running" : "params"];
          expect(largestDifference(states[step]?.get(name)?.data ?? [], data as Float32Array), name).toBeLessThan(atol);
          compared++;
        }
        expect(compared).toBeGreaterThan(5);
      });

      it("meets the evaluation-mode logits after the last step", () => {
        const logits = expected?.get("step5/eval_logits_on_batch")?.data as Float32Array;
        expect(relativeDifference(evaluation.logits, logits)).toBeLessThan(sgd.evaluation);
      });
    });
  });

  it("meets features and logits of an evaluation pass at 32 pixels", async () => {
    const expected = golden("networks/resnet18_32x32_w8", "resnet18_32x32_w8");
    const network = await wasmNetwork(engine, 32, 3);
    const pictures = [1, 2, 4, 8].map((block, i) => goldenPicture(`images/${i}`, 32, block, std));
    const { features, logits } = await network.forwardNormalised(toNhwc(pictures, 32), 4);
    expect(largestDifference(logits, expected?.get("logits")?.data as Float32Array)).toBeLessThan(2.7e-4);
    expect(largestDifference(features, expected?.get("features")?.data as Float32Array)).toBeLessThan(5.1e-4);
    network.dispose();
  });
});
