import { readFileSync } from "node:fs";
import { tensor4d } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../checkpoints/safetensors.ts";
import { architecture, stateLayout } from "../../networks/architecture.ts";
import { crossEntropy } from "../../training/methods/ce.ts";
import { cpuDevice } from "./device.ts";
import { disposePass, pass } from "./gradients.ts";
import { hwioToOihw } from "./layout.ts";
import { Parameters } from "./parameters.ts";
import { goldenPicture, goldenState, relativeDifference, toNhwc } from "./testing/goldenFill.ts";

/**
 * SIO's objective (Eq. 4) by the reference implementation in float64: 12 real and 4 synthetic images, width 8.
 * α · CE(real) + (1 − α) · CE(synthetic) in two passes against one mean over the mixed batch.
 */
const spec = { architecture: "resnet18", width: 8, classes: 10, imageSize: 32 } as const;
const network = architecture(spec);
const alpha = 12 / 16;

const file = new URL("./fixtures/sio_objective.safetensors", import.meta.url);
const { tensors } = readSafetensors(new Uint8Array(readFileSync(file)));
const ints = (name: string) => Int32Array.from(tensors.get(name)?.data as Int32Array);

const std = [0.247, 0.2435, 0.2616] as const;
const pictures = (set: string, count: number) =>
  Array.from({ length: count }, (_, i) =>
    goldenPicture(`sio/public~10/${set}/${i}`, 32, [1, 2, 4, 8][i % 4] ?? 1, std),
  );
const real = { pictures: pictures("real", 12), labels: ints("real/labels") };
const synthetic = { pictures: pictures("syn", 4), labels: ints("syn/labels") };
const order = ints("order");
const both = [...real.pictures, ...synthetic.pictures];
const bothLabels = [...real.labels, ...synthetic.labels];
const mixed = {
  pictures: Array.from(order, (i) => both[i] as Float32Array),
  labels: Int32Array.from(order, (i) => bothLabels[i] as number),
};

describe("SIO's objective", () => {
  let parameters: Parameters;

  const initial = goldenState(spec);

  beforeAll(async () => {
    await cpuDevice();
    parameters = new Parameters(stateLayout(network));
    parameters.write(initial);
  });
  afterAll(() => parameters.dispose());

  async function run(batch: typeof real, mode: "training" | "evaluation") {
    const images = tensor4d(toNhwc(batch.pictures, 32), [batch.labels.length, 32, 32, 3]);
    const result = pass(network.trunk, parameters, images, batch.labels, crossEntropy, mode);
    images.dispose();
    const gradients = new Map<string, Float32Array>();
    for (const [name, gradient] of result.gradients) {
      const shape = initial.get(name)?.shape ?? [];
      const data = await gradient.data<"float32">();
      gradients.set(name, shape.length === 4 ? hwioToOihw(data, shape) : data.slice());
    }
    const [loss = Number.NaN] = await result.loss.data();
    disposePass(result);
    return { loss, gradients };
  }

  function expectGradients(actual: Map<string, Float32Array>, prefix: string) {
    const names = [...tensors.keys()].filter((name) => name.startsWith(`${prefix}/grad/`));
    expect(names.length).toBe(8);
    for (const name of names) {
      const own = actual.get(name.slice(prefix.length + "/grad/".length)) ?? [];
      expect(relativeDifference(own, tensors.get(name)?.data as Float32Array), name).toBeLessThan(1e-3);
    }
  }

  it("is the in-batch mean, by running statistics: losses and gradients", async () => {
    const ofReal = await run(real, "evaluation");
    const ofSynthetic = await run(synthetic, "evaluation");
    const inBatch = await run(mixed, "evaluation");
    expect(Math.abs(ofReal.loss - 2.9120793345406906)).toBeLessThan(1e-5);
    expect(Math.abs(ofSynthetic.loss - 2.729613422739094)).toBeLessThan(1e-5);
    expect(Math.abs(inBatch.loss - 2.8664628565902914)).toBeLessThan(1e-5);
    expectGradients(inBatch.gradients, "in_batch");
    for (const [name, gradient] of inBatch.gradients) {
      const [first, second] = [ofReal.gradients.get(name), ofSynthetic.gradients.get(name)];
      const twoPass = gradient.map((_, i) => alpha * (first?.[i] as number) + (1 - alpha) * (second?.[i] as number));
      expect(relativeDifference(twoPass, gradient), name).toBeLessThan(1e-4);
    }
  });

  it("is not the two-pass form by batch statistics: the reference runs one pass over the mixed batch", async () => {
    const inBatch = await run(mixed, "training");
    expect(Math.abs(inBatch.loss - 2.957344870852792)).toBeLessThan(1e-5);
    expectGradients(inBatch.gradients, "train_mode_in_batch");
    const ofReal = await run(real, "training");
    const ofSynthetic = await run(synthetic, "training");
    const twoPass = alpha * ofReal.loss + (1 - alpha) * ofSynthetic.loss;
    expect(Math.abs(twoPass - 2.9460114633408163)).toBeLessThan(1e-5);
    const worst = Math.max(
      ...Array.from(inBatch.gradients, ([name, gradient]) => {
        const [first, second] = [ofReal.gradients.get(name), ofSynthetic.gradients.get(name)];
        const sum = gradient.map((_, i) => alpha * (first?.[i] as number) + (1 - alpha) * (second?.[i] as number));
        return relativeDifference(sum, gradient);
      }),
    );
    expect(worst).toBeCloseTo(1.5225, 2);
  });
});
