import type { SafetensorsArray } from "./elements.ts";
import type { SafetensorsDtype } from "./safetensorsHeader.ts";

/** A tensor whose elements are still in the file. */
export interface StoredTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** The elements in row-major order; F16 and BF16 are widened to a Float32Array. */
  read(): Promise<SafetensorsArray>;
}

/** A state_dict by name, in the file's order. */
export interface StateDictFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Of a safetensors file; empty else. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What was taken off the names or unwrapped, one sentence each. */
  readonly notes: readonly string[];
  /** What was read although it is not as it should be; grows with the tensors that are read. */
  readonly warnings: readonly string[];
}
