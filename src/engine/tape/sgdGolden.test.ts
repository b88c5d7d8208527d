import { existsSync, readFileSync } from "node:fs";
import { memory } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../checkpoints/safetensors.ts";
import { crossEntropy } from "../../training/methods/ce.ts";
import type { Engine, StateDict } from "../network.ts";
import { createTapeEngine } from "./tapeEngine.ts";
import { TapeNetwork } from "./tapeNetwork.ts";
import { goldenBatch, goldenState, largestDifference, relativeDifference, toNhwc } from "./testing/goldenFill.ts";

/**
 * Five SGD steps of the reference implementation (PyTorch, float64), width 8, 8×8 pixels, batch 16, on data that stay
 * away from ReLU kinks. Tolerances are the manifests'. Of the first case a small subset is kept as a fixture.
 */
const spec = { architecture: "resnet18", width: 8, classes: 10, imageSize: 8 } as const;
const std = [0.247, 0.2435, 0.2616] as const;
const labels = Int32Array.from({ length: 16 }, (_, i) => (3 * i + 1) % 10);

const cases = [
  {
    lr: 0.02,
    key: "train_batch8/70",
    losses: [2.6444472098166787, 1.6469627573900063, 0.8405796279799841, 0.24963145075997883, 0.10548636598022502],
    lossTolerance: [2.4e-6, 1.7e-5, 1.7e-5, 1.4e-5, 2e-6],
    tolerance: { step1: { params: 1e-5, running: 1e-5 }, step5: { params: 1.5e-5, running: 7.7e-5 } },
    evaluation: 1.7e-4,
    folder: "sgd_w8_strict_lr0.02",
  },
  {
    lr: 0.1,
    key: "train_batch8/84",
    losses: [2.772397027831987, 2.319224631300734, 2.1589120314454404, 1.5508356898263154, 0.8376100540385095],
    lossTolerance: [5e-6, 1.2e-4, 1.5e-4, 1.8e-4, 1.2e-4],
    tolerance: { step1: { params: 2.2e-5, running: 1e-5 }, step5: { params: 2.6e-4, running: 1.2e-3 } },
    evaluation: 6.6e-4,
    folder: "sgd_w8_strict_lr0.1",
  },
];

function goldenFile(folder: string): string | null {
  const shared = `../shared/golden/ood/training/${folder}/io.safetensors`;
  return existsSync(shared) ? shared : null;
}

describe.each(cases)("five SGD steps at lr $lr", (golden) => {
  const file =
    goldenFile(golden.folder) ?? new URL(`./fixtures/${golden.folder}.safetensors`, import.meta.url).pathname;
  describe.skipIf(!existsSync(file))("against the reference", () => {
    const states: Partial<Record<"step1" | "step5", StateDict>> = {};
    const losses: number[] = [];
    const firstLogits: Float32Array[] = [];
    const tensorCounts: number[] = [];
    let evaluation: Float32Array = new Float32Array(0);
    let engine: Engine;
    let network: TapeNetwork;
    const input = toNhwc(goldenBatch(golden.key, 16, 8, std), 8);

    beforeAll(async () => {
      engine = await createTapeEngine({ backend: "cpu" });
      const made = await engine.createNetwork(spec, {
        maxBatch: 16,
        normalisation: { mean: [0, 0, 0], std: [1, 1, 1] },
      });
      if (!(made instanceof TapeNetwork)) throw new Error("not a tape network");
      network = made;
      await network.importState(goldenState(spec));
      for (let step = 1; step <= 5; step++) {
        const hyper = { lr: golden.lr, momentum: 0.9, weightDecay: 5e-4 };
        const { value, logits } = await network.trainNormalised(input.slice(), labels, crossEntropy, hyper);
        losses.push(value);
        firstLogits.push(logits);
        tensorCounts.push(memory().numTensors);
        if (step === 1) states.step1 = await network.exportState({ momenta: true });
      }
      states.step5 = await network.exportState({ momenta: false });
      evaluation = (await network.forwardNormalised(input, 16)).logits;
    });
    afterAll(() => engine.dispose());

    const tensors = existsSync(file) ? readSafetensors(new Uint8Array(readFileSync(file))).tensors : new Map();

    it("meets the losses", () => {
      losses.forEach((loss, i) => {
        expect(Math.abs(loss - (golden.losses[i] as number)), `step ${i + 1}`).toBeLessThan(
          golden.lossTolerance[i] as number,
        );
      });
    });

    it.each(["step1", "step5"] as const)("meets parameters and running statistics after %s", (step) => {
      let compared = 0;
      for (const [key, { data }] of tensors) {
        if (!key.startsWith(`${step}/`)) continue;
        const name = key.slice(step.length + 1);
        if (name.endsWith("logits") || name.includes("logits_") || name.endsWith("num_batches_tracked")) continue;
        const ours = states[step]?.get(name);
        expect(ours, name).toBeDefined();
        const atol = golden.tolerance[step][name.includes("running_") ? "running" : "params"];
        expect(largestDifference(ours?.data ?? [], data), name).toBeLessThan(atol);
        compared++;
      }
      expect(compared).toBeGreaterThan(5);
    });

    it("meets the training-mode logits of the first step", () => {
      expect(
        largestDifference(firstLogits[0] ?? [], tensors.get("step1/train_logits_before_update").data),
      ).toBeLessThan(1e-5);
    });

    it("meets the evaluation-mode logits of the same batch after the last step", () => {
      const expected = tensors.get("step5/eval_logits_on_batch")?.data;
      expect(relativeDifference(evaluation, expected)).toBeLessThan(golden.evaluation);
    });

    it("keeps as many tensors after five steps as after one", () => {
      expect(tensorCounts).toEqual(tensorCounts.map(() => tensorCounts[0]));
    });
  });
});
