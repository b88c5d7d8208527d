import { existsSync, readFileSync } from "node:fs";
import type { SafetensorsArray } from "../../../../checkpoints/elements.ts";
import { readSafetensors } from "../../../../checkpoints/safetensors.ts";

const ROOT = new URL("../../../../../../shared/golden/generators/", import.meta.url);

/** Whether the reference numbers are there. */
export const goldensThere = existsSync(ROOT);

export function goldenJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, ROOT), "utf8")) as T;
}

export function goldenPath(path: string): URL {
  return new URL(path, ROOT);
}

/** Tensors of a case by name, as float32 (or as they are, through `raw`). */
export function goldenTensors(path: string): {
  float(name: string): Float32Array;
  raw(name: string): SafetensorsArray;
  names: string[];
} {
  const { tensors } = readSafetensors(new Uint8Array(readFileSync(new URL(path, ROOT))));
  const raw = (name: string): SafetensorsArray => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`${path} has no ${name}.`);
    return tensor.data;
  };
  return {
    raw,
    names: [...tensors.keys()],
    float: (name) => {
      const data = raw(name);
      return data instanceof Float32Array ? data : Float32Array.from(data as Int32Array);
    },
  };
}
