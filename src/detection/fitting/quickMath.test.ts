import { expect, test } from "vitest";
import { quickExp, quickLog } from "./quickMath.ts";

const inf = Number.POSITIVE_INFINITY;

/** Numbers over many orders of magnitude. */
const wide = Array.from({ length: 20_000 }, (_, i) => 1.037 ** (i - 10_000)).filter((x) => x > 1e-300 && x < 1e300);

test("e^x is within 1e-15 from −700 to 700", () => {
  for (let x = -700; x <= 700; x += 0.0371) expect(Math.abs(quickExp(x) / Math.exp(x) - 1)).toBeLessThan(1e-15);
  for (const x of wide.filter((x) => x < 1)) expect(Math.abs(quickExp(-x) / Math.exp(-x) - 1)).toBeLessThan(1e-15);
});

test("e^x at and beyond the ends", () => {
  expect(quickExp(0)).toBe(1);
  expect(quickExp(-0)).toBe(1);
  expect(quickExp(-708)).toBeCloseTo(Math.exp(-708), 320);
  expect(quickExp(-708)).toBeGreaterThan(0);
  expect(quickExp(-708.1)).toBe(0);
  expect(quickExp(-inf)).toBe(0);
  expect(Math.abs(quickExp(709) / Math.exp(709) - 1)).toBeLessThan(1e-15);
  expect(quickExp(709.1)).toBe(inf);
  expect(quickExp(inf)).toBe(inf);
  expect(quickExp(Number.NaN)).toBeNaN();
});

test("ln x is within 1e-15 over all magnitudes", () => {
  for (const x of wide)
    expect(Math.abs(quickLog(x) - Math.log(x))).toBeLessThan(1e-15 * Math.max(1, Math.abs(Math.log(x))));
  for (let x = 0.5; x < 2.1; x += 0.0013) expect(Math.abs(quickLog(x) - Math.log(x))).toBeLessThan(1e-15);
});

test("ln x at and beyond the ends", () => {
  expect(quickLog(1)).toBe(0);
  expect(quickLog(0)).toBe(-inf);
  expect(quickLog(inf)).toBe(inf);
  expect(quickLog(-1)).toBeNaN();
  expect(quickLog(Number.NaN)).toBeNaN();
  expect(quickLog(5e-324)).toBeCloseTo(Math.log(5e-324), 10);
});
