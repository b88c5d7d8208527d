import { describe, expect, it } from "vitest";
import { float16 } from "../../checkpoints/elements.ts";
import { Stream } from "../../random/stream.ts";
import { decodeHalf, encodeHalf } from "./half.ts";

const bitsOf = (value: number): number => {
  const [low, high] = encodeHalf(Float32Array.of(value));
  return (low as number) | ((high as number) << 8);
};

describe("float16", () => {
  it("keeps every finite half as it is", () => {
    for (let bits = 0; bits < 65536; bits++) {
      if (((bits >> 10) & 31) === 31) continue;
      if (bitsOf(float16(bits)) !== bits) throw new Error(`${bits}`);
    }
  });

  it("rounds to the nearest, ties to even, subnormals and the largest included", () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [float16(bits), float16(bits + 1)];
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      if (bitsOf(middle) !== even) throw new Error(`tie above ${bits}`);
      // The neighbours of the tie among float32.
      const step = 2 ** -23 * middle;
      if (bitsOf(middle - step) !== bits || bitsOf(middle + step) !== bits + 1) throw new Error(`beside ${middle}`);
    }
    expect(bitsOf(65519)).toBe(0x7bff);
  });

  it("is off by at most 2^-11 of the value", () => {
    const stream = new Stream(1, "half");
    const values = Float32Array.from({ length: 20_000 }, () => stream.normal());
    const back = decodeHalf(encodeHalf(values));
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (Math.abs((back[i] as number) - value) > Math.max(Math.abs(value) * 2 ** -11, 2 ** -25))
        throw new Error(`${value}`);
    }
    expect(back.length).toBe(values.length);
  });

  it.each([65520, -70000, Number.POSITIVE_INFINITY, Number.NaN])("refuses %d by name", (value) => {
    expect(() => encodeHalf(Float32Array.of(1, value))).toThrow(`Value 1 is ${value}`);
  });
});
