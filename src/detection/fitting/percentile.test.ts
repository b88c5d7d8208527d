import { describe, expect, test } from "vitest";
import { Stream } from "../../random/stream.ts";
import { percentile } from "./percentile.ts";

/** By sorting everything. */
function sorted(values: Float64Array, p: number): number {
  const order = values.slice().sort();
  const place = (order.length - 1) * (p / 100);
  const below = Math.floor(place);
  const low = order[below] as number;
  return low + ((order[below + 1] ?? low) - low) * (place - below);
}

describe("percentile", () => {
  test("numpy's examples: linear between neighbours", () => {
    const values = Float64Array.of(10, 7, 4, 3, 2, 1);
    expect(percentile(values, 50)).toBe(3.5);
    expect(percentile(values, 0)).toBe(1);
    expect(percentile(values, 100)).toBe(10);
    expect(percentile(values, 90)).toBeCloseTo(8.5, 12);
    expect(percentile(Float32Array.of(5), 90)).toBe(5);
    expect([...values]).toEqual([10, 7, 4, 3, 2, 1]);
  });

  test.each([1, 2, 3, 10, 101, 640, 4097])("selection agrees with sorting, %i values", (n) => {
    const stream = new Stream(n, "test-percentile");
    const kinds: Record<string, (i: number) => number> = {
      uniform: () => stream.uniform(-1, 1),
      "half zeros, as behind a ReLU": () => Math.max(0, stream.uniform(-1, 1)),
      "few distinct": () => stream.int(3),
      rising: (i) => i,
      falling: (i) => -i,
      equal: () => 7,
    };
    for (const [kind, value] of Object.entries(kinds)) {
      const values = Float64Array.from({ length: n }, (_, i) => value(i));
      for (const p of [0, 1, 50, 85, 90, 99, 99.9, 100]) {
        expect(percentile(values, p), `${kind}, ${p}`).toBeCloseTo(sorted(values, p), 12);
      }
    }
  });

  test("a NaN anywhere gives NaN; infinities keep their place", () => {
    expect(percentile(Float64Array.of(1, Number.NaN, 3), 0)).toBeNaN();
    expect(percentile(Float64Array.of(Number.POSITIVE_INFINITY, 1, Number.POSITIVE_INFINITY), 100)).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(percentile(Float64Array.of(Number.POSITIVE_INFINITY, 1, Number.POSITIVE_INFINITY), 75)).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  test("no values or a place outside are refused", () => {
    expect(() => percentile(new Float64Array(), 50)).toThrow(RangeError);
    expect(() => percentile(Float64Array.of(1), 101)).toThrow("between 0 and 100, not at 101");
    expect(() => percentile(Float64Array.of(1), Number.NaN)).toThrow(RangeError);
  });
});
