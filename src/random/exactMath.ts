/**
 * sin, cos, exp and log from + − × ÷ alone.
 *
 * Math.sin and its kin may differ in the last bit between JavaScript engines and versions. IEEE 754 fixes
 * the basic operations, so these give the same bits everywhere; that makes rendered images, latents and
 * initial weights identical in every browser and in Node. Relative error below 1e-15 over the documented ranges.
 */

const HALF_PI_HIGH = 1.5707963267341256; // π/2 to 33 bits, so that k·HIGH is exact for |k| < 2^20
const HALF_PI_LOW = 6.077100506506192e-11;

/** sin x for |x| ≤ 10⁶. */
export function exactSin(x: number): number {
  return sinQuadrant(x, 0);
}

/** cos x for |x| ≤ 10⁶. */
export function exactCos(x: number): number {
  return sinQuadrant(x, 1);
}

function sinQuadrant(x: number, shift: number): number {
  if (!(Math.abs(x) <= 1e6)) throw new RangeError(`exactSin/exactCos take |x| ≤ 1e6, not ${x}.`);
  const k = Math.round(x / 1.5707963267948966);
  const r = x - k * HALF_PI_HIGH - k * HALF_PI_LOW;
  const quadrant = (((k + shift) % 4) + 4) % 4;
  const value = quadrant % 2 === 0 ? sinKernel(r) : cosKernel(r);
  return quadrant < 2 ? value : -value;
}

/** Taylor series on |r| ≤ π/4, to r^17. */
function sinKernel(r: number): number {
  const s = r * r;
  let sum = 0;
  for (let n = 16; n >= 2; n -= 2) sum = (-s / (n * (n + 1))) * (1 + sum);
  return r + r * sum;
}

function cosKernel(r: number): number {
  const s = r * r;
  let sum = 0;
  for (let n = 17; n >= 1; n -= 2) sum = (-s / (n * (n + 1))) * (1 + sum);
  return 1 + sum;
}

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** e^x; 0 below −745, Infinity above 709.78. */
export function exactExp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.2) return 0;
  const k = Math.round(x / Math.LN2);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 0;
  for (let n = 14; n >= 1; n--) sum = (r / n) * (1 + sum);
  return scaleByPowerOfTwo(1 + sum, k);
}

/** Natural logarithm of x > 0. */
export function exactLog(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  let exponent = 0;
  let mantissa = x;
  while (mantissa >= 2 ** 32) {
    mantissa /= 2 ** 32;
    exponent += 32;
  }
  while (mantissa < 2 ** -32) {
    mantissa *= 2 ** 32;
    exponent -= 32;
  }
  while (mantissa > 1.4142135623730951) {
    mantissa /= 2;
    exponent++;
  }
  while (mantissa < 0.7071067811865476) {
    mantissa *= 2;
    exponent--;
  }
  // log m = 2 artanh((m − 1)/(m + 1)); |argument| ≤ 0.172, so twelve odd terms suffice
  const t = (mantissa - 1) / (mantissa + 1);
  const s = t * t;
  let sum = 0;
  for (let n = 25; n >= 3; n -= 2) sum = s * (1 / n + sum);
  return exponent * LN2_HIGH + (exponent * LN2_LOW + 2 * t * (1 + sum));
}

/** value · 2^k without intermediate overflow or double rounding, for |k| ≤ 1100. */
function scaleByPowerOfTwo(value: number, k: number): number {
  const half = Math.trunc(k / 2);
  return value * 2 ** half * 2 ** (k - half);
}
