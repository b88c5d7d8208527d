import { describe, expect, it } from "vitest";
import { type ImageSet, pick } from "../../data/imageSet.ts";
import { Stream } from "../../random/stream.ts";
import { nearestImages } from "./nearestReal.ts";

function noise(count: number, seed: number): ImageSet {
  const stream = new Stream(seed, "nearest");
  const images = Uint8Array.from({ length: count * 48 }, () => stream.int(256));
  return { count, height: 4, width: 4, images, labels: new Int32Array(count) };
}

const breathe = async (): Promise<void> => {};

describe("the nearest real images", () => {
  it("are those of a search over everything, ties to the lower number", async () => {
    const set = noise(5000, 1);
    // Two images twice, so that there are ties.
    set.images.copyWithin(4000 * 48, 7 * 48, 9 * 48);
    const asked = { ...noise(6, 2) };
    const { indices, distances, neighbours } = await nearestImages(asked, set, 3, breathe);
    expect(neighbours).toBe(3);
    for (let i = 0; i < asked.count; i++) {
      const all = Array.from({ length: set.count }, (_, j) => {
        let sum = 0;
        for (let p = 0; p < 48; p++)
          sum += ((asked.images[i * 48 + p] as number) - (set.images[j * 48 + p] as number)) ** 2;
        return { j, sum };
      }).sort((a, b) => a.sum - b.sum || a.j - b.j);
      expect([...indices.subarray(3 * i, 3 * i + 3)]).toEqual(all.slice(0, 3).map(({ j }) => j));
      expect(distances[3 * i]).toBeCloseTo(Math.sqrt((all[0]?.sum as number) / 48), 4);
    }
    const copies = await nearestImages(pick(set, [7, 8]), set, 2, breathe);
    expect([...copies.indices]).toEqual([7, 4000, 8, 4001]);
    expect([...copies.distances]).toEqual([0, 0, 0, 0]);
  });

  it("are as many as there are, and only of images of the same size", async () => {
    expect((await nearestImages(noise(1, 3), noise(2, 4), 5, breathe)).neighbours).toBe(2);
    const large = { ...noise(1, 3), height: 8, width: 2 };
    await expect(nearestImages(large, noise(2, 4), 1, breathe)).rejects.toMatchObject({ code: "size" });
  });
});
