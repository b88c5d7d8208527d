import { describe, expect, it } from "vitest";
import { bytesSource } from "../../checkpoints/byteSource.ts";
import type { NamedSource } from "../../checkpoints/checkpointFile.ts";
import { plainOps } from "../../engine/ops/plain/plainOps.ts";
import { npyHeader } from "../../runs/pools/npzFile.ts";
import { tinyGanFile } from "../testing/checkpointFiles.ts";
import { previewGenerator } from "./preview.ts";

function preview(files: readonly NamedSource[], classes: readonly number[]) {
  const openOps = async () => plainOps();
  return previewGenerator({ files, settings: {}, classes, perClass: 2, seed: 1, openOps, breathe: async () => {} });
}

describe("a preview", () => {
  it("of a network has its classes at its own size, and says what an image costs", async () => {
    const { images, msPerImage, device } = await preview([await tinyGanFile()], [3, 0]);
    expect([images.count, images.height, images.images.length]).toEqual([4, 16, 4 * 768]);
    expect([...images.labels]).toEqual([3, 3, 0, 0]);
    expect(device).toBe("plain");
    expect(msPerImage).toBeGreaterThan(0);
    await expect(preview([await tinyGanFile()], [4])).rejects.toThrow("classes 0 to 3, not 4");
  });

  it("of a set has the first images of each class", async () => {
    const pixels = Uint8Array.from({ length: 6 * 12 }, (_, p) => Math.floor(p / 12));
    const labels = new Uint8Array(BigInt64Array.of(1n, 0n, 0n, 1n, 0n, 1n).buffer);
    const files = [
      { name: "images.npy", source: bytesSource(Buffer.concat([npyHeader("|u1", [6, 2, 2, 3]), pixels])) },
      { name: "labels.npy", source: bytesSource(Buffer.concat([npyHeader("<i8", [6]), labels])) },
    ];
    const { images, msPerImage } = await preview(files, [0, 1]);
    expect([...images.labels]).toEqual([0, 0, 1, 1]);
    expect([0, 1, 2, 3].map((k) => images.images[12 * k])).toEqual([1, 2, 0, 3]);
    expect(msPerImage).toBeNull();
  });
});
