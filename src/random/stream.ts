import { exactCos, exactLog } from "./exactMath.ts";

/**
 * Seeded randomness: Philox4x32-10 (Salmon et al. 2011), a counter-based generator.
 *
 * A stream is named by (seed, purpose) and addressed by an index, so that image i of a pool or draw i of a
 * run depends on those three alone and resuming needs no saved generator state. The same numbers come out
 * in every browser and in Node: only 32-bit integer arithmetic and {@link exactLog}/{@link exactCos} are used.
 */
export class Stream {
  private readonly key0: number;
  private readonly key1: number;
  private readonly block = new Uint32Array(4);
  private counter = 0;
  private used = 4;
  private spareNormal: number | null = null;

  /**
   * @param seed non-negative integer below 2^32
   * @param purpose what the numbers are for, e.g. "init", "shuffle", "latent"
   * @param index sub-stream, e.g. the image number; integer below 2^53
   */
  constructor(
    seed: number,
    purpose: string,
    private readonly index = 0,
  ) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      throw new RangeError(`A seed is an integer from 0 to 4294967295, not ${seed}.`);
    }
    this.key0 = seed >>> 0;
    this.key1 = fnv1a32(purpose);
  }

  /** Next 32 random bits. */
  uint32(): number {
    if (this.used === 4) {
      philox(this.counter++, this.index, this.key0, this.key1, this.block);
      this.used = 0;
    }
    return this.block[this.used++] as number;
  }

  /** Uniform in the open interval (lo, hi), 32 bits of resolution. */
  uniform(lo = 0, hi = 1): number {
    return lo + ((this.uint32() + 0.5) / 4294967296) * (hi - lo);
  }

  /** Unbiased integer in [0, n). */
  int(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 0xffffffff) {
      throw new RangeError(`int(n) needs an integer n from 1 to 4294967295, not ${n}.`);
    }
    const limit = 4294967296 - (4294967296 % n);
    let x = this.uint32();
    while (x >= limit) x = this.uint32();
    return x % n;
  }

  /** true with probability p. */
  chance(p: number): boolean {
    return this.uniform() < p;
  }

  /** Standard normal (Box–Muller). */
  normal(): number {
    if (this.spareNormal !== null) {
      const spare = this.spareNormal;
      this.spareNormal = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * exactLog(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spareNormal = radius * exactCos(angle - Math.PI / 2);
    return radius * exactCos(angle);
  }

  /** A uniform random permutation of 0 … n−1 (Fisher–Yates from the end). */
  permutation(n: number): Uint32Array {
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    for (let i = n - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const swap = order[i] as number;
      order[i] = order[j] as number;
      order[j] = swap;
    }
    return order;
  }
}

/** FNV-1a, 32 bit, over the UTF-8 bytes of `text`. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** High and low word of a 32 × 32 bit product, without BigInt. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const mid = aHigh * bLow + (low >>> 16);
  const cross = aLow * bHigh + (mid % 65536);
  return (aHigh * bHigh + Math.floor(mid / 65536) + Math.floor(cross / 65536)) >>> 0;
}

/** One Philox4x32-10 block: counter (counter, 0, index low, index high), key (key0, key1) → 4 words in `out`. */
export function philox(counter: number, index: number, key0: number, key1: number, out: Uint32Array): void {
  let c0 = counter >>> 0;
  let c1 = Math.floor(counter / 4294967296) >>> 0;
  let c2 = index >>> 0;
  let c3 = Math.floor(index / 4294967296) >>> 0;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = mulHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
