import { exactExp, exactLog } from "../../random/exactMath.ts";

/**
 * e^x and ln x from tables and short polynomials: for sums over millions of logits, where exactMath's long series
 * would be most of the time. From + − × and exact powers of two alone, so the same bits in every JavaScript engine;
 * within 1e-15 of the truth, relatively for e^x and absolutely near ln 1. The last bit is not that of exactMath.
 */

const PARTS = 64;
const PER_UNIT = PARTS / Math.LN2;
// ln 2 / 64 in two pieces: products of the first with |k| < 2^17 are exact.
const PART_HIGH = 0.6931471803691238 / PARTS;
const PART_LOW = 1.9082149292705877e-10 / PARTS;
/** 2^(j/64) */
const roots = Float64Array.from({ length: PARTS }, (_, j) => exactExp((j * Math.LN2) / PARTS));
const LOWEST_POWER = -1022;
/** 2^k for −1022 ≤ k ≤ 1023 */
const powers = Float64Array.from({ length: 2046 }, (_, k) => 2 ** (k + LOWEST_POWER));

/** e^x; 0 below −708 (where exactExp still has denormal numbers), Infinity above 709. */
export function quickExp(x: number): number {
  if (!(x >= -708)) return x < -708 ? 0 : x;
  if (x > 709) return Number.POSITIVE_INFINITY;
  const k = Math.floor(x * PER_UNIT + 0.5);
  const r = x - k * PART_HIGH - k * PART_LOW;
  // |r| ≤ ln 2 / 128: the next term is below 4e-17
  const series = r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120)))));
  const root = roots[k & (PARTS - 1)] as number;
  return (root + root * series) * (powers[(k >> 6) - LOWEST_POWER] as number);
}

const bits = new DataView(new ArrayBuffer(8));
/** 1/(1 + j/64) */
const reciprocals = Float64Array.from({ length: PARTS + 1 }, (_, j) => PARTS / (PARTS + j));
/** ln(1 + j/64), of the reciprocal as it is rounded */
const logarithms = reciprocals.map((reciprocal) => -exactLog(reciprocal));

/** ln x; −Infinity of 0, NaN of anything less. */
export function quickLog(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Number.POSITIVE_INFINITY)) return exactLog(x);
  bits.setFloat64(0, x);
  const high = bits.getInt32(0);
  bits.setInt32(0, (high & 0xfffff) | 0x3ff00000);
  const mantissa = bits.getFloat64(0);
  const j = Math.floor((mantissa - 1) * PARTS + 0.5);
  const r = mantissa * (reciprocals[j] as number) - 1;
  // |r| ≤ 1/128: the next term is below 2e-18
  const series = r * (1 - r * (1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6 - r * (1 / 7)))))));
  return ((high >> 20) - 1023) * Math.LN2 + ((logarithms[j] as number) + series);
}
