import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSafetensors } from "../../checkpoints/safetensors.ts";
import { architecture } from "../../networks/architecture.ts";
import { denseNetTrunk } from "../../networks/densenet.ts";
import {
  CIFAR10_STD,
  goldenBatch,
  goldenPictures,
  goldenState,
  goldenStateOf,
  largestDifference,
  relativeDifference,
  toNchw,
} from "../tape/testing/goldenFill.ts";
import { Oracle } from "./classifier.ts";
import { crossEntropy } from "./head.ts";

/**
 * The oracle against the reference implementation (PyTorch) in float64. The reference's tensors are rounded to float32
 * and, at the manifests' tolerances, made for float32 backends; in float64 the oracle has to meet them far better.
 */
function golden(file: string | URL): { name: string; data: Float32Array }[] {
  const { tensors } = readSafetensors(new Uint8Array(readFileSync(file)));
  return Array.from(tensors, ([name, { data }]) => ({ name, data: data as Float32Array }));
}

function named(tensors: { name: string; data: Float32Array }[], name: string): Float32Array | undefined {
  return tensors.find((tensor) => tensor.name === name)?.data;
}

const worst = (errors: number[]) => Math.max(...errors).toExponential(1);

const sgdCases = [
  {
    folder: "sgd_w8_strict_lr0.02",
    lr: 0.02,
    key: "train_batch8/70",
    losses: [2.6444472098166787, 1.6469627573900063, 0.8405796279799841, 0.24963145075997883, 0.10548636598022502],
  },
  {
    folder: "sgd_w8_strict_lr0.1",
    lr: 0.1,
    key: "train_batch8/84",
    losses: [2.772397027831987, 2.319224631300734, 2.1589120314454404, 1.5508356898263154, 0.8376100540385095],
  },
];

describe.each(sgdCases)("five SGD steps of ResNet-18 at lr $lr", ({ folder, lr, key, losses }) => {
  const shared = `../shared/golden/ood/training/${folder}/io.safetensors`;
  const file = existsSync(shared) ? shared : new URL(`../tape/fixtures/${folder}.safetensors`, import.meta.url);

  it.skipIf(!existsSync(file))("losses, parameters, running statistics, evaluation", () => {
    const tensors = golden(file);
    const spec = { architecture: "resnet18", width: 8, classes: 10, imageSize: 8 } as const;
    const oracle = new Oracle(architecture(spec), goldenState(spec));
    const images = toNchw(goldenBatch(key, 16, 8, CIFAR10_STD));
    const labels = Int32Array.from({ length: 16 }, (_, i) => (3 * i + 1) % 10);
    const errors: number[] = [];
    losses.forEach((expected, i) => {
      const step = i + 1;
      const { loss, logits } = oracle.trainStep(images, labels, { lr, momentum: 0.9, weightDecay: 5e-4 });
      expect(Math.abs(loss - expected), `loss of step ${step}`).toBeLessThan(1e-6);
      if (step === 1) {
        expect(largestDifference(logits, named(tensors, "step1/train_logits_before_update"))).toBeLessThan(1e-6);
      }
      for (const { name, data } of tensors.filter(({ name }) => name.startsWith(`step${step}/`))) {
        const ours = oracle.state.get(name.slice("step1/".length));
        if (ours) errors.push(largestDifference(ours, data));
      }
    });
    expect(errors.length).toBeGreaterThan(10);
    expect(Math.max(...errors)).toBeLessThan(1e-6);
    const { logits } = oracle.evaluate(images, 16);
    const evaluation = relativeDifference(logits, named(tensors, "step5/eval_logits_on_batch"));
    console.info(`${folder}: ${errors.length} tensors within ${worst(errors)}, evaluation ${evaluation}`);
    expect(evaluation).toBeLessThan(1e-6);
  });
});

it("trains a DenseNet as the reference: features, logits, all gradients, running statistics, one step", () => {
  const tensors = golden(new URL("./fixtures/densenet22.safetensors", import.meta.url));
  const network = { trunk: denseNetTrunk({ depth: 22, growth: 4, imageSize: 32 }), classes: 10 };
  const oracle = new Oracle(network, goldenStateOf(network, "densenet22_4/"));
  const images = toNchw(goldenPictures("densenet/public/images~52", 4));
  const labels = named(tensors, "labels") ?? [];
  const hyper = { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 };
  const { loss, logits, gradients, trace } = oracle.trainStep(images, labels, hyper);
  expect(Math.abs(loss - 2.468789922891797)).toBeLessThan(1e-8);
  expect(largestDifference(logits, named(tensors, "train_logits"))).toBeLessThan(1e-6);
  expect(largestDifference(trace.features, named(tensors, "train_features"))).toBeLessThan(1e-6);
  const errors = { grad: [] as number[], after: [] as number[] };
  for (const { name, data } of tensors) {
    const [kind, tensor] = [name.slice(0, name.indexOf("/")), name.slice(name.indexOf("/") + 1)];
    if (kind === "grad") errors.grad.push(relativeDifference(gradients.get(tensor) ?? [], data));
    if (kind === "after") errors.after.push(largestDifference(oracle.state.get(tensor) ?? [], data));
  }
  expect(errors.grad.length).toBe(gradients.size);
  expect(errors.after.length).toBe(2 * 21);
  expect(Math.max(...errors.grad)).toBeLessThan(1e-6);
  expect(Math.max(...errors.after)).toBeLessThan(1e-6);
  const evaluation = largestDifference(oracle.evaluate(images, 4).logits, named(tensors, "eval_logits_after_step"));
  console.info(`densenet22: gradients ${worst(errors.grad)}, running ${worst(errors.after)}, evaluation ${evaluation}`);
  expect(evaluation).toBeLessThan(1e-6);
});

it("moves images along its input gradient as ODIN of the reference does", () => {
  const tensors = golden(new URL("./fixtures/odin_resnet18_32x32_w8.safetensors", import.meta.url));
  const spec = { architecture: "resnet18", width: 8, classes: 10, imageSize: 32 } as const;
  const oracle = new Oracle(architecture(spec), goldenState(spec));
  // Two of the reference's four pictures: the sign, which is all that ODIN takes, does not depend on the others.
  const images = toNchw(goldenPictures("images", 2));
  for (const { key, temperature } of [
    { key: "paper/T1000_eps0.0014", temperature: 1000 },
    { key: "paper/T1_eps0.0014", temperature: 1 },
  ]) {
    const { gradient } = oracle.inputGradient(images, 2, (logits) => {
      const predicted = [logits.subarray(0, 10), logits.subarray(10)].map((row) => row.indexOf(Math.max(...row)));
      return crossEntropy(logits, predicted, temperature).dLogits;
    });
    const moved = images.map((x, i) => {
      const sigma = [63 / 255, 62.1 / 255, 66.7 / 255][Math.floor(i / 1024) % 3] as number;
      return x - (0.0014 * ((gradient[i] as number) < 0 ? -1 : 1)) / sigma;
    });
    const expected = named(tensors, `${key}/logits_perturbed`)?.subarray(0, 20);
    const error = largestDifference(oracle.evaluate(moved, 2).logits, expected);
    console.info(`${key}: ${error}`);
    expect(error).toBeLessThan(2e-6);
  }
});
