import { describe, expect, it } from "vitest";
import { exactCos, exactExp, exactLog, exactSin } from "./exactMath.ts";

const grid = Array.from({ length: 4001 }, (_, i) => (i - 2000) * 0.0173);

describe("exactMath", () => {
  it("agrees with Math to the last bits", () => {
    for (const x of grid) {
      expect(Math.abs(exactSin(x) - Math.sin(x))).toBeLessThan(4e-16);
      expect(Math.abs(exactCos(x) - Math.cos(x))).toBeLessThan(4e-16);
      expect(Math.abs(exactExp(x) / Math.exp(x) - 1)).toBeLessThan(1e-15);
    }
    for (let k = -300; k <= 300; k++) {
      const x = 10 ** k * 1.2345;
      expect(Math.abs(exactLog(x) - Math.log(x))).toBeLessThanOrEqual((2e-15 * Math.max(1, Math.abs(Math.log(x)))) / 2);
    }
  });

  it("keeps the edges", () => {
    expect(exactLog(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(exactLog(-1)).toBeNaN();
    expect(exactLog(1)).toBe(0);
    expect(exactExp(0)).toBe(1);
    expect(exactExp(-800)).toBe(0);
    expect(exactExp(800)).toBe(Number.POSITIVE_INFINITY);
    expect(() => exactSin(1e7)).toThrow(RangeError);
  });
});
