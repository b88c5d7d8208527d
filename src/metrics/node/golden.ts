import { readFileSync } from "node:fs";

/** Tensors of a golden case by name; every dtype that the goldens use. */
export type GoldenTensors = ReadonlyMap<string, { shape: readonly number[]; data: Float32Array | Int32Array }>;

/** Reads a golden `.safetensors` (F32 and I32 only), for tests. Throws for any other dtype. */
export function readGolden(path: string | URL): GoldenTensors {
  const file = readFileSync(path);
  const headerBytes = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, 8 + headerBytes)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, { shape: number[]; data: Float32Array | Int32Array }>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [start, end] = data_offsets;
    const bytes = new Uint8Array(file.subarray(8 + headerBytes + start, 8 + headerBytes + end)).buffer;
    if (dtype !== "F32" && dtype !== "I32") throw new Error(`Golden tensor ${name} has dtype ${dtype}.`);
    tensors.set(name, { shape, data: dtype === "F32" ? new Float32Array(bytes) : new Int32Array(bytes) });
  }
  return tensors;
}

/** The float32 tensor `name`. Throws when it is missing or has another dtype. */
export function floats(tensors: GoldenTensors, name: string): Float32Array {
  const data = tensors.get(name)?.data;
  if (!(data instanceof Float32Array)) throw new Error(`The golden file has no float32 tensor ${name}.`);
  return data;
}

/** The int32 tensor `name`. Throws when it is missing or has another dtype. */
export function ints(tensors: GoldenTensors, name: string): Int32Array {
  const data = tensors.get(name)?.data;
  if (!(data instanceof Int32Array)) throw new Error(`The golden file has no int32 tensor ${name}.`);
  return data;
}
