import { float16 } from "../../checkpoints/elements.ts";

/** Largest finite binary16. */
const LARGEST = 65504;

/** A value that float16 cannot hold. */
export class HalfOverflow extends Error {
  constructor(value: number, index: number) {
    super(
      `Value ${index} is ${value}, which float16 cannot hold (finite, at most ${LARGEST} in size). Keep the features as float32.`,
    );
    this.name = "HalfOverflow";
  }
}

const single = new Float32Array(1);
const bitsOfSingle = new Uint32Array(single.buffer);

/** IEEE 754 binary16 of each value, rounded to nearest, ties to even; little-endian pairs of bytes. Throws HalfOverflow. */
export function encodeHalf(values: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * 2);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    single[0] = value;
    const half = halfBits(bitsOfSingle[0] as number);
    if (half < 0) throw new HalfOverflow(value, i);
    bytes[2 * i] = half;
    bytes[2 * i + 1] = half >> 8;
  }
  return bytes;
}

/** The binary16 nearest to the binary32 with these bits; −1 where it is not finite. */
function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  // Below 2^-25 everything rounds to zero; 113 is the exponent of the smallest normal half.
  if (exponent < 102) return sign;
  if (exponent > 142) return -1;
  const subnormal = exponent < 113;
  const significand = subnormal ? fraction | 0x800000 : fraction | ((exponent - 112) << 23);
  const shift = subnormal ? 126 - exponent : 13;
  const kept = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  const rounded = rest > tie || (rest === tie && (kept & 1) === 1) ? kept + 1 : kept;
  return rounded >= 0x7c00 ? -1 : sign | rounded;
}

let table: Float32Array | null = null;

/** The values of pairs of bytes as encodeHalf writes them. */
export function decodeHalf(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  table ??= Float32Array.from({ length: 65536 }, (_, bits) => float16(bits));
  const values = new Float32Array(bytes.length >> 1);
  for (let i = 0; i < values.length; i++) {
    values[i] = table[(bytes[2 * i] as number) | ((bytes[2 * i + 1] as number) << 8)] as number;
  }
  return values;
}
