import type { SafetensorsDtype } from "./safetensorsHeader.ts";

export type SafetensorsArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** Little-endian elements as an array over `buffer`; F16 and BF16 are widened to a Float32Array of their own. */
export function decodeElements(dtype: SafetensorsDtype, buffer: ArrayBuffer): SafetensorsArray {
  switch (dtype) {
    case "F64":
      return new Float64Array(buffer);
    case "F32":
      return new Float32Array(buffer);
    case "F16":
      return widened(new Uint16Array(buffer));
    case "BF16":
      return new Float32Array(shifted(new Uint16Array(buffer)).buffer);
    case "I64":
      return new BigInt64Array(buffer);
    case "U64":
      return new BigUint64Array(buffer);
    case "I32":
      return new Int32Array(buffer);
    case "U32":
      return new Uint32Array(buffer);
    case "I16":
      return new Int16Array(buffer);
    case "U16":
      return new Uint16Array(buffer);
    case "I8":
      return new Int8Array(buffer);
    case "U8":
    case "BOOL":
      return new Uint8Array(buffer);
  }
}

/** The values of all binary16, made when the first ones are read. */
let float16Values: Float32Array | null = null;

function widened(halves: Uint16Array): Float32Array {
  float16Values ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => float16(bits));
  const values = new Float32Array(halves.length);
  for (let k = 0; k < halves.length; k++) values[k] = float16Values[halves[k] as number] as number;
  return values;
}

/** A bfloat16 is the upper half of a float32. */
function shifted(halves: Uint16Array): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(halves.length);
  for (let k = 0; k < halves.length; k++) words[k] = (halves[k] as number) << 16;
  return words;
}

/** The value of an IEEE 754 binary16. */
export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
