import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSafetensors } from "../../checkpoints/safetensors.ts";
import { goldenBatch, goldenState, largestDifference } from "../tape/testing/goldenFill.ts";
import { Oracle, trainedNames } from "./oracle.ts";

const spec = { architecture: "resnet18", width: 8, classes: 10, imageSize: 8 } as const;
const std = [0.247, 0.2435, 0.2616] as const;

function batch(key: string, count: number): Float64Array {
  return Float64Array.from(goldenBatch(key, count, 8, std).flatMap((picture) => [...picture]));
}

describe("the oracle", () => {
  it("takes five SGD steps as the reference does in float64", () => {
    const folder = "sgd_w8_strict_lr0.02";
    const shared = `../shared/golden/ood/training/${folder}/io.safetensors`;
    const file = existsSync(shared) ? shared : new URL(`../tape/fixtures/${folder}.safetensors`, import.meta.url);
    const { tensors } = readSafetensors(new Uint8Array(readFileSync(file)));
    const labels = Int32Array.from({ length: 16 }, (_, i) => (3 * i + 1) % 10);
    const images = batch("train_batch8/70", 16);
    const oracle = new Oracle(spec, goldenState(spec));
    const expected = [
      2.6444472098166787, 1.6469627573900063, 0.8405796279799841, 0.24963145075997883, 0.10548636598022502,
    ];
    const compare = (step: string) => {
      let compared = 0;
      for (const [key, { data }] of tensors) {
        const ours = oracle.state.get(key.slice(step.length + 1));
        if (!key.startsWith(`${step}/`) || !ours) continue;
        expect(largestDifference(ours, data as Float32Array), key).toBeLessThan(1e-6);
        compared++;
      }
      expect(compared).toBeGreaterThan(5);
    };
    expected.forEach((value, i) => {
      const loss = oracle.trainStep(images, labels, { lr: 0.02, momentum: 0.9, weightDecay: 5e-4 });
      expect(Math.abs(loss - value), `step ${i + 1}`).toBeLessThan(1e-7);
      if (i === 0) compare("step1");
    });
    compare("step5");
    const logits = oracle.evaluate(images, 16).logits;
    expect(largestDifference(logits, tensors.get("step5/eval_logits_on_batch")?.data as Float32Array)).toBeLessThan(
      1e-5,
    );
  });

  it("has the gradient that finite differences give, for every kind of tensor", () => {
    const labels = Int32Array.of(3, 1, 4, 1, 5);
    const images = batch("finite differences", 5);
    const oracle = new Oracle(spec, goldenState(spec));
    const { gradients } = oracle.gradients(images, labels);
    const names = trainedNames(spec);
    expect([...gradients.keys()].sort()).toEqual([...names].sort());
    const step = 1e-6;
    // The stem, a block with a projection, and the head hold every kind of layer.
    for (const name of names.filter((each) => /^(conv1|bn1|layer2\.0|fc)\./.test(each))) {
      const tensor = oracle.state.get(name) as Float64Array;
      const gradient = gradients.get(name) as Float64Array;
      const i = (7 * name.length) % tensor.length;
      const kept = tensor[i] as number;
      tensor[i] = kept + step;
      const above = oracle.loss(images, labels);
      tensor[i] = kept - step;
      const below = oracle.loss(images, labels);
      tensor[i] = kept;
      const scale = Math.max(...gradient.map(Math.abs));
      expect(Math.abs((above - below) / (2 * step) - (gradient[i] as number)) / scale, name).toBeLessThan(1e-4);
    }
  });
});
