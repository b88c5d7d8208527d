import { describe, expect, it } from "vitest";
import { convolutionShape } from "../testing/cases.ts";
import { forwardGemm, inputGradientGemm, weightGradientGemm } from "./convolution.ts";
import { chooseSplits, chooseTile, type GemmShape, possibleTiles, tileStorage, tileThreads } from "./tile.ts";

/** What every WebGPU device has to offer. */
const guaranteed = { maxComputeWorkgroupStorageSize: 16_384, maxComputeInvocationsPerWorkgroup: 256 };
const product = (rows: number, columns: number, depth = 1024): GemmShape => ({ rows, columns, depth, splits: false });
const name = ({ rows, columns }: { rows: number; columns: number }) => `${rows}×${columns}`;

describe("chooseTile", () => {
  it("fits the guaranteed limits with every tile", () => {
    expect(possibleTiles(guaranteed)).toHaveLength(
      possibleTiles({ ...guaranteed, maxComputeWorkgroupStorageSize: 1e6 }).length,
    );
  });

  it("takes large tiles for large products, smaller ones where they would leave the device idle", () => {
    expect(name(chooseTile(guaranteed, product(131_072, 512)))).toBe("128×128");
    expect(name(chooseTile(guaranteed, product(131_072, 64)))).toBe("128×64");
    expect(name(chooseTile(guaranteed, product(2048, 512)))).toBe("64×64");
  });

  it("wastes no columns on narrow products", () => {
    expect(chooseTile(guaranteed, product(131_072, 12)).columns).toBe(16);
    expect(chooseTile(guaranteed, product(131_072, 32)).columns).toBe(32);
    expect(chooseTile(guaranteed, product(49, 8)).columns).toBeLessThanOrEqual(32);
  });

  it("judges a strided input gradient by its longest phase", () => {
    const shape = convolutionShape([8, 8], [256, 512], { kernel: 3, stride: 2, padding: 1 });
    // 4, 2, 2 and 1 taps.
    expect(inputGradientGemm(shape, 128)).toEqual({
      rows: (128 * 16 * 9) / 4,
      columns: 256,
      depth: 4 * 512,
      splits: false,
    });
  });

  it("keeps to the adapter's limits", () => {
    for (const threads of [64, 128, 256]) {
      for (const storage of [4096, 8192, 16_384]) {
        const limits = { maxComputeWorkgroupStorageSize: storage, maxComputeInvocationsPerWorkgroup: threads };
        const tile = chooseTile(limits, product(4096, 4096));
        expect(tileThreads(tile)).toBeLessThanOrEqual(threads);
        expect(tileStorage(tile)).toBeLessThanOrEqual(storage);
      }
    }
  });

  it("says what a GPU lacks that can run no tile", () => {
    const limits = { maxComputeWorkgroupStorageSize: 1024, maxComputeInvocationsPerWorkgroup: 32 };
    expect(() => chooseTile(limits, product(64, 64))).toThrow(
      "No kernel tile fits this GPU: it allows 32 threads and 1024 bytes per workgroup; the smallest tile needs 64 and 4096.",
    );
  });
});

describe("chooseSplits", () => {
  const splits = (side: number, cin: number, cout: number, batch: number) => {
    const shape = weightGradientGemm(
      convolutionShape([side, side], [cin, cout], { kernel: 3, stride: 1, padding: 1 }),
      batch,
    );
    return chooseSplits(shape, chooseTile(guaranteed, shape));
  };

  it("cuts the pixels of ResNet-18 at width 64 more where there are fewer weights", () => {
    const counts = [
      splits(32, 64, 64, 128),
      splits(16, 128, 128, 128),
      splits(8, 256, 256, 128),
      splits(4, 512, 512, 128),
    ];
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    expect(counts[0]).toBeGreaterThan(32);
    expect(counts[3]).toBeGreaterThan(1);
  });

  it("leaves few pixels whole", () => {
    expect(splits(4, 64, 64, 1)).toBe(1);
  });

  it("keeps partial sums below 64 MiB", () => {
    expect(splits(32, 512, 512, 128) * 9 * 512 * 512 * 4).toBeLessThanOrEqual(64 * 2 ** 20);
  });

  it("never splits what is not to be split", () => {
    const shape = forwardGemm(convolutionShape([32, 32], [64, 64], { kernel: 3, stride: 1, padding: 1 }), 128);
    expect(chooseSplits(shape, chooseTile(guaranteed, shape))).toBe(1);
  });
});
