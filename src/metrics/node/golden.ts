import { readFileSync } from "node:fs";
import { readSafetensors, type SafetensorsTensor } from "../../checkpoints/safetensors.ts";

/** Tensors of a golden case by name, for tests. */
export type GoldenTensors = ReadonlyMap<string, SafetensorsTensor>;

/** Reads the `io.safetensors` of a golden case. */
export function readGolden(path: string | URL): GoldenTensors {
  return readSafetensors(readFileSync(path)).tensors;
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
