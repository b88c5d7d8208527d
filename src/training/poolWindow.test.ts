import { describe, expect, it } from "vitest";
import type { ImageSet } from "../data/imageSet.ts";
import { gatherBatch, syntheticMembers } from "./batch.ts";
import { windowedPool } from "./poolImages.ts";
import { poolOrder } from "./poolOrder.ts";
import { TwoSourceSampler } from "./sampler.ts";

const WINDOW = { chunk: 10, chunks: 3 };

describe("the order of a windowed pool", () => {
  it("draws every image once an epoch, also where the last chunk is short; another order every epoch and seed", () => {
    for (const count of [100, 95, 7, 301]) {
      const drawn = (epoch: number, seed = 1): number[] => {
        const order = poolOrder(count, WINDOW, seed, epoch);
        return Array.from({ length: count }, (_, position) => order.at(position));
      };
      expect([...drawn(0)].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      expect(drawn(0)).toEqual(drawn(0));
      expect(drawn(1)).not.toEqual(drawn(0));
      expect(drawn(0, 2)).not.toEqual(drawn(0));
    }
  });

  it("needs three chunks at a time", () => {
    const order = poolOrder(300, WINDOW, 1, 0);
    for (let first = 0; first < 300; first += 30) {
      const chunks = new Set(Array.from({ length: 30 }, (_, k) => Math.floor(order.at(first + k) / 10)));
      expect(chunks.size).toBe(3);
    }
  });

  it("is the same from any position, backwards too", () => {
    const whole = poolOrder(295, WINDOW, 3, 2);
    const expected = Array.from({ length: 295 }, (_, position) => whole.at(position));
    for (const position of [294, 0, 150, 31, 289, 29, 30]) {
      expect(poolOrder(295, WINDOW, 3, 2).at(position)).toBe(expected[position]);
      expect(whole.at(position)).toBe(expected[position]);
    }
  });

  it("puts each image as likely early as late, and neighbours apart", () => {
    const early = new Float64Array(60);
    let together = 0;
    const epochs = 2000;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = poolOrder(60, WINDOW, 5, epoch);
      for (let position = 0; position < 30; position++) {
        const image = order.at(position);
        early[image] = (early[image] as number) + 1;
      }
      if (Math.abs(order.at(0) - order.at(1)) === 1) together++;
    }
    for (const count of early) expect(Math.abs(count / epochs - 0.5)).toBeLessThan(0.06);
    // Of 29 others in the window about 1.6 are neighbours by number.
    expect(together / epochs).toBeLessThan(0.12);
  });
});

describe("training from a window", () => {
  const real: ImageSet = { count: 40, height: 1, width: 1, images: new Uint8Array(120), labels: new Int32Array(40) };

  function pool() {
    const reads: number[] = [];
    const images = windowedPool(300, WINDOW, async (chunk) => {
      reads.push(chunk);
      const numbers = Array.from({ length: 10 }, (_, k) => chunk * 10 + k);
      const pixels = Uint8Array.from(numbers.flatMap((n) => [n & 255, n >> 8, 7]));
      return { count: 10, height: 1, width: 1, images: pixels, labels: Int32Array.from(numbers) };
    });
    return { images, reads };
  }

  async function batches(first: number, last: number) {
    const { images, reads } = pool();
    const sampler = new TwoSourceSampler(40, 300, 8, 9, WINDOW);
    sampler.seek(first, 0.25);
    const made = [];
    for (let step = first; step < last; step++) {
      const indices = sampler.next(step, 0.25);
      await images.prepare(syntheticMembers(indices));
      made.push(gatherBatch(indices, real, images));
    }
    return { made, reads };
  }

  it("gathers the images that were drawn, reads each chunk once a window, and resumes anywhere with the same batches", async () => {
    const whole = await batches(0, 15);
    for (const { images, labels, count } of whole.made) {
      for (let k = 0; k < count; k++) {
        if (images[3 * k + 2] === 7)
          expect(labels[k]).toBe((images[3 * k] as number) + 256 * (images[3 * k + 1] as number));
      }
    }
    // Three epochs of five steps of six images: 30 images, one window each.
    expect(whole.reads.length).toBe(9);
    for (const step of [1, 4, 5, 13]) expect((await batches(step, 15)).made).toEqual(whole.made.slice(step));
  });

  it("says so where an image was not prepared", () => {
    expect(() => pool().images.image(5)).toThrow("was not prepared");
  });
});
