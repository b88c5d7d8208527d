import { describe, expect, test } from "vitest";
import { type Measured, rowsOf } from "./rows.ts";
import { aligned, table } from "./table.ts";

const work = { title: "train width 8 batch 128", unit: "img/s", amount: 128 } as const;
const ours: Measured = {
  contestant: { name: "wasm-simd", device: "CPU", threads: 2, peak: 640 },
  seconds: [0.4, 0.2, 0.5],
};
const peer: Measured = { contestant: { name: "PyTorch", device: "CPU", threads: 2 }, seconds: [0.8, 0.8] };

describe("rowsOf", () => {
  test("throughput is amount by median second; the ratio is above 1 where ours is faster", () => {
    expect(rowsOf(work, [ours], [peer])).toEqual([
      {
        case: "train width 8 batch 128",
        device: "CPU",
        backend: "wasm-simd",
        threads: 2,
        ours: 320,
        peer: 160,
        peerName: "PyTorch",
        unit: "img/s",
        ratio: 2,
        oursRange: [256, 640],
        peerRange: [160, 160],
        peerDevice: "CPU",
        peerThreads: 2,
        kernel: null,
        shareOfPeak: 0.5,
      },
    ]);
  });

  test("without a peer what concerns it is null", () => {
    const [row] = rowsOf(work, [ours], []);
    expect(row).toMatchObject({ ours: 320, peer: null, peerName: null, ratio: null, peerRange: null });
  });

  test("each of ours stands against each peer", () => {
    expect(rowsOf(work, [ours, ours], [peer, peer, peer])).toHaveLength(6);
  });
});

describe("table", () => {
  test("shows shares only where there are some", () => {
    const rows = rowsOf(work, [ours], [peer]);
    expect(table(rows)).toContain("of peak");
    expect(table(rows)).toContain("50 %");
    expect(table(rows.map((row) => ({ ...row, shareOfPeak: null })))).not.toContain("of peak");
  });

  test("aligns words to the left and numbers to the right", () => {
    const text = aligned([
      ["case", "speed"],
      ["train", "7"],
      ["in", "1,234"],
    ]);
    expect(text).toBe("case   speed\ntrain      7\nin     1,234");
  });
});
