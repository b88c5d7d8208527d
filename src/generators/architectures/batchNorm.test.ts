import { describe, expect, it } from "vitest";
import { plainOps } from "../../engine/ops/plain/plainOps.ts";
import { normalise, tabulated } from "./batchNorm.ts";

describe("statistics by truncation", () => {
  /** Row r holds r and 100 + r. */
  const table = Float32Array.from({ length: 102 }, (_, i) => Math.floor(i / 2) + (i % 2) * 100);

  it("at the table's own truncations: its rows", () => {
    expect([...tabulated(table, 51, 0)]).toEqual([0, 100]);
    expect([...tabulated(table, 51, 0.4)]).toEqual([20, 120]);
    expect([...tabulated(table, 51, 1)]).toEqual([50, 150]);
  });

  it("between them the released code swaps the two weights", () => {
    const [between] = tabulated(table, 51, 0.405);
    expect(between).toBeCloseTo(20 * 0.25 + 21 * 0.75, 5);
    // 0.58/0.02 is 28.999… in floating point: row 28, weighted by almost 1
    expect(tabulated(table, 51, 0.58)[0]).toBeCloseTo(28, 5);
  });

  it("beyond the table: an error with the number", () => {
    expect(() => tabulated(table, 51, 1.2)).toThrow("1.2");
    expect(() => tabulated(table, 51, Number.NaN)).toThrow(RangeError);
  });
});

describe("batch norm with the moments of the batch", () => {
  it("takes mean and biased variance over images and pixels, and tells them", async () => {
    const ops = plainOps();
    const x = ops.upload(Float32Array.of(1, 3, 10, 10, 5, 7, 10, 30), [2, 2, 1, 2]);
    const vector = (...values: number[]) => ops.upload(Float32Array.from(values), [1, 2, 1, 1]);
    const norm = { kind: "batch", scale: vector(2, 1), shift: vector(1, 0), eps: 1e-4 } as const;
    const counts: number[] = [];
    const y = normalise(ops, x, norm, null, { kind: "relu" }, ({ count }) => counts.push(count));
    expect(counts).toEqual([4]);
    const first = (value: number) => Math.max(0, ((value - 4) / Math.sqrt(5 + 1e-4)) * 2 + 1);
    const second = (value: number) => Math.max(0, (value - 15) / Math.sqrt(75 + 1e-4));
    const expected = [first(1), first(3), second(10), second(10), first(5), first(7), second(10), second(30)];
    for (const [i, value] of (await ops.read(y)).entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
    ops.dispose();
  });
});
