import { type Architecture, architecture, stateLayout } from "../../../networks/architecture.ts";
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
  return goldenStateOf(architecture(spec), "");
}

/** Likewise of any network; `prefix` is put in front of the names before they are hashed. */
export function goldenStateOf(network: Architecture, prefix: string): StateDict {
  const state: StateDict = new Map();
  for (const { name, shape } of stateLayout(network)) {
    const noise = goldenNoise(
      prefix + name,
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

const mean = [0.4914, 0.4822, 0.4465] as const;

/** Standard deviations of CIFAR-10 as the reference networks' pictures use them. */
export const CIFAR10_STD = [0.247, 0.2435, 0.2616] as const;

type Channels = readonly [number, number, number];

/**
 * One normalised golden picture, [3][size][size]: the noise of `key`, each value repeated block × block, mapped to
 * [0, 1) and normalised by CIFAR-10's mean and `std`, all in float32.
 */
export function goldenPicture(key: string, size: number, block: number, std: Channels): Float32Array {
  const side = size / block;
  const noise = goldenNoise(key, 3 * side * side);
  return Float32Array.from({ length: 3 * size * size }, (_, i) => {
    const channel = Math.floor(i / (size * size)) as 0 | 1 | 2;
    const y = Math.floor((i / size) % size);
    const from = (channel * side + Math.floor(y / block)) * side + Math.floor((i % size) / block);
    return normalised(noise[from] as number, channel, std);
  });
}

/** `count` golden pictures of 32 pixels from the keys `key/0` …, in blocks of 1, 2, 4, 8, 1 … pixels. */
export function goldenPictures(key: string, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, i) =>
    goldenPicture(`${key}/${i}`, 32, [1, 2, 4, 8][i % 4] ?? 1, CIFAR10_STD),
  );
}

/** Pictures [3][size][size] as one [count][3][size][size]. */
export function toNchw(pictures: readonly Float32Array[]): Float64Array {
  return Float64Array.from(pictures.flatMap((picture) => [...picture]));
}

/** A golden batch from one key, [count][3][size][size], normalised likewise, one array per picture. */
export function goldenBatch(key: string, count: number, size: number, std: Channels): Float32Array[] {
  const length = 3 * size * size;
  const noise = goldenNoise(key, count * length);
  return Array.from({ length: count }, (_, n) =>
    Float32Array.from({ length }, (_, i) =>
      normalised(noise[n * length + i] as number, Math.floor(i / (size * size)) as 0 | 1 | 2, std),
    ),
  );
}

function normalised(noise: number, channel: 0 | 1 | 2, std: Channels): number {
  const centred = Math.fround(Math.fround((noise + 1) / 2) - Math.fround(mean[channel]));
  return centred / Math.fround(std[channel]);
}

/** Pictures [3][size][size] as one [count][size][size][3]. */
export function toNhwc(pictures: readonly Float32Array[], size: number): Float32Array {
  const plane = size * size;
  return Float32Array.from({ length: pictures.length * plane * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return pictures[Math.floor(pixel / plane)]?.[(i % 3) * plane + (pixel % plane)] as number;
  });
}

/** Largest absolute difference; NaN where the lengths differ or a number is missing. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number | bigint> | undefined): number {
  if (!b || a.length !== b.length) return Number.NaN;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - Number(b[i]));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** {@link largestDifference} relative to the largest entry of `expected`. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number> | undefined): number {
  let scale = 0;
  for (let i = 0; i < (expected?.length ?? 0); i++) scale = Math.max(scale, Math.abs(expected?.[i] as number));
  return largestDifference(actual, expected) / scale;
}
