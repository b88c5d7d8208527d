import { resnet18, stateLayout } from "../../../networks/resnet18.ts";
import type { NetworkSpec, StateDict } from "../../network.ts";

/**
 * The formula that fills tensors of the golden vectors: a hash of (key, index) in [−1, 1).
 * Integer arithmetic modulo 2^32, so the numbers are the reference's to the bit.
 */
export function goldenNoise(key: string, count: number): Float64Array {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) seed = Math.imul(seed ^ byte, 0x01000193);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let h = (Math.imul(i, 0x9e3779b1) + seed) | 0;
    h ^= h >>> 16;
    h = Math.imul(h, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
    values[i] = (2 * (h >>> 8)) / 2 ** 24 - 1;
  }
  return values;
}

/** A state_dict filled by the formula's default rules. */
export function goldenState(spec: NetworkSpec): StateDict {
  const state: StateDict = new Map();
  for (const { name, shape } of stateLayout(resnet18(spec))) {
    const noise = goldenNoise(
      name,
      shape.reduce((product, side) => product * side, 1),
    );
    const fanIn = shape.slice(1).reduce((product, side) => product * side, 1);
    const rule = (v: number): number => {
      if (shape.length > 1) return v * Math.sqrt(3 / fanIn);
      if (name.endsWith("running_var")) return 1 + 0.5 * v;
      if (name.endsWith("running_mean") || name.endsWith("bias")) return 0.1 * v;
      return 1 + 0.1 * v;
    };
    state.set(name, { shape, data: Float32Array.from(noise, rule) });
  }
  return state;
}

export const cifarMean = [0.4914, 0.4822, 0.4465] as const;

/**
 * Normalised NHWC pixels of golden pictures: the noise of `key`, [count][3][size / block][size / block], each value
 * repeated block × block, as (u − mean) / std in float32.
 */
export function goldenPixels(
  key: string,
  count: number,
  size: number,
  std: readonly [number, number, number],
  block = 1,
): Float32Array {
  const side = size / block;
  const noise = goldenNoise(key, count * 3 * side * side);
  const pixels = new Float32Array(count * size * size * 3);
  let to = 0;
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        for (const c of [0, 1, 2] as const) {
          const row = (n * 3 + c) * side + Math.floor(y / block);
          const u = Math.fround(((noise[row * side + Math.floor(x / block)] as number) + 1) / 2);
          const centred = Math.fround(u - Math.fround(cifarMean[c]));
          pixels[to++] = centred / Math.fround(std[c]);
        }
      }
    }
  }
  return pixels;
}
