import { exactExp } from "../../../random/exactMath.ts";

/**
 * Standard normals mapped to normals truncated to ±bound, by the inverse of the distribution function: as many numbers
 * in as out, in order, which drawing again until one falls inside would not be.
 *
 * @throws RangeError unless bound > 0
 */
export function truncated(normals: Float32Array, bound: number): Float32Array {
  if (!(bound > 0)) throw new RangeError(`A normal is truncated to a positive bound, not ${bound}.`);
  const share = 2 * fromCentre(bound);
  return normals.map((z) => inverseFromCentre(share * fromCentre(Math.abs(z))) * Math.sign(z));
}

/** Φ(x) − ½ for x ≥ 0: φ(x) · (x + x³/3 + x⁵/(3·5) + …), all terms positive (Marsaglia 2004). */
function fromCentre(x: number): number {
  if (x > 8.5) return 0.5;
  let term = x;
  let sum = x;
  for (let k = 3; term > sum * 1e-17; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return sum * density(x);
}

function density(x: number): number {
  return exactExp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/** The x ≥ 0 with fromCentre(x) = p, by Newton from 0: the function is concave, so it comes from below and never past. */
function inverseFromCentre(p: number): number {
  let x = 0;
  for (let step = 0; step < 100; step++) {
    const next = x + (p - fromCentre(x)) / density(x);
    if (!(next - x > 1e-12)) return x;
    x = next;
  }
  return x;
}
