import { describe, expect, it } from "vitest";
import { fnv1a32, philox, Stream } from "./stream.ts";

describe("philox", () => {
  // Known answers of the Random123 distribution (Philox4x32-10).
  it("meets the published vectors", () => {
    const out = new Uint32Array(4);
    philox(0, 0, 0, 0, out);
    expect([...out]).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  });
});

describe("Stream", () => {
  it("depends on seed, purpose and index, and on nothing else", () => {
    const draw = (seed: number, purpose: string, index: number) => {
      const stream = new Stream(seed, purpose, index);
      return [stream.uint32(), stream.uint32(), stream.uint32(), stream.uint32(), stream.uint32()];
    };
    expect(draw(1, "init", 0)).toEqual(draw(1, "init", 0));
    expect(draw(1, "init", 0)).not.toEqual(draw(2, "init", 0));
    expect(draw(1, "init", 0)).not.toEqual(draw(1, "mix", 0));
    expect(draw(1, "init", 0)).not.toEqual(draw(1, "init", 1));
  });

  it("is uniform and normal to sampling error", () => {
    const stream = new Stream(7, "test");
    const n = 50_000;
    let sum = 0;
    let sumNormal = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      sum += stream.uniform();
      const z = stream.normal();
      sumNormal += z;
      squares += z * z;
    }
    expect(sum / n).toBeCloseTo(0.5, 2);
    expect(Math.abs(sumNormal / n)).toBeLessThan(0.02);
    expect(squares / n).toBeCloseTo(1, 1);
  });

  it("permutes", () => {
    const order = new Stream(3, "shuffle").permutation(1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(order[0] === 0 && order[1] === 1 && order[2] === 2).toBe(false);
  });

  it("refuses seeds that are not 32-bit", () => {
    expect(() => new Stream(-1, "x")).toThrow(RangeError);
    expect(() => new Stream(2 ** 32, "x")).toThrow(RangeError);
    expect(() => new Stream(0.5, "x")).toThrow(RangeError);
  });

  it("hashes as FNV-1a", () => {
    expect([fnv1a32(""), fnv1a32("a"), fnv1a32("foobar")]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });
});
