import { expect, it } from "vitest";
import { Stream } from "../../../random/stream.ts";
import { normalisedNhwc } from "../../augment.ts";
import { augment, levelTable, MOVE_BYTES } from "./augment.ts";
import { wholeMap } from "./kernel.ts";
import { sgd } from "./sgd.ts";
import { normals, relativeError } from "./testing/maps.ts";
import { describeOnGpu } from "./testing/node/describeOnGpu.ts";
import { output, runKernel } from "./testing/runKernel.ts";

describeOnGpu("sgd", (gpu) => {
  it("takes two steps of Nesterov momentum with weight decay", async () => {
    const count = 1100;
    const hyper = { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 };
    const stream = new Stream(8, "sgd");
    let parameters = normals(stream, count);
    let momenta = new Float32Array(count);
    const p = Float64Array.from(parameters);
    const v = new Float64Array(count);
    for (let k = 0; k < 2; k++) {
      const gradients = normals(stream, count);
      const results = await runKernel(gpu, sgd(count), 1, { parameters, momenta, gradients }, hyper);
      parameters = Float32Array.from(output(results, "parameters"));
      momenta = Float32Array.from(output(results, "momenta"));
      gradients.forEach((gradient, i) => {
        const d = gradient + hyper.weightDecay * (p[i] as number);
        v[i] = hyper.momentum * (v[i] as number) + d;
        p[i] = (p[i] as number) - hyper.lr * (d + hyper.momentum * (v[i] as number));
      });
    }
    expect(relativeError(parameters, p)).toBeLessThan(1e-6);
    expect(relativeError(momenta, v)).toBeLessThan(1e-6);
  });

  it("refuses an arena that is no multiple of 4", () => {
    expect(() => sgd(10)).toThrow("An arena for SGD holds a positive multiple of 4 floats, not 10.");
  });
});

describeOnGpu("augment", (gpu) => {
  const normalisation = { mean: [0.49, 0.48, 0.45], std: [0.25, 0.24, 0.26] } as const;

  it.each([
    ["moved", 7, 5],
    ["not moved", 8, 3],
  ] as const)("gives the floats of writeNormalised, images %s", async (kind, imageSize, count) => {
    const stream = new Stream(9, "augment");
    const bytes = (length: number, below: number) => Uint8Array.from({ length }, () => stream.int(below));
    const images = bytes(count * imageSize * imageSize * 3, 256);
    const moved = { flip: bytes(count, 2), offsetY: bytes(count, 9), offsetX: bytes(count, 9) };
    const augmentation = kind === "moved" ? moved : null;
    const moves = new Uint8Array(count * MOVE_BYTES);
    for (let i = 0; i < count; i++) {
      const still = [0, 4, 4, 0];
      moves.set(augmentation ? [moved.flip[i] ?? 0, moved.offsetY[i] ?? 0, moved.offsetX[i] ?? 0, 0] : still, i * 4);
    }
    const packed = new Uint8Array(Math.ceil(images.length / 4) * 4);
    packed.set(images);
    const results = await runKernel(gpu, augment(wholeMap(imageSize, imageSize, 4)), count, {
      images: new Uint32Array(packed.buffer),
      moves: new Uint32Array(moves.buffer),
      levels: levelTable(normalisation),
      input: new Float32Array(count * imageSize * imageSize * 4),
    });
    const expected = normalisedNhwc({ count, images, augmentation }, { imageSize }, normalisation);
    const pixels = output(results, "input");
    expect(pixels.filter((_, i) => i % 4 < 3)).toEqual(expected);
    expect(pixels.filter((_, i) => i % 4 === 3).every((value) => value === 0)).toBe(true);
  });
});
