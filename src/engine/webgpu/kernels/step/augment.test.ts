import { expect, it } from "vitest";
import { Stream } from "../../../../random/stream.ts";
import { normalisedNhwc } from "../../../augment.ts";
import { wholeMap } from "../kernel.ts";
import { describeOnGpu } from "../testing/node/describeOnGpu.ts";
import { output, runKernel } from "../testing/runKernel.ts";
import { augment, levelTable, MOVE_BYTES } from "./augment.ts";

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
