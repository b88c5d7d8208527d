import { Stream } from "../random/stream.ts";

/** How a pool that is too large for memory is drawn from: so many images a chunk, so many chunks at once. */
export interface PoolWindow {
  readonly chunk: number;
  readonly chunks: number;
}

/** The order in which an epoch draws the images of a pool, without replacement. */
export interface PoolOrder {
  /** Number of the image at a position of the epoch, 0 … count − 1. Cheap where positions come in order. */
  at(position: number): number;
}

/**
 * A seeded permutation of the pool. With a window it is one of chunks, and within every window of them one of images:
 * whoever draws in order needs only a window of the pool at a time, and any position can be gone to at once.
 */
export function poolOrder(count: number, window: PoolWindow | null, seed: number, epoch: number): PoolOrder {
  if (window === null) {
    const order = new Stream(seed, "shuffle/synthetic", epoch).permutation(count);
    return { at: (position) => order[position] as number };
  }
  return windowedOrder(count, window, seed, epoch);
}

function windowedOrder(count: number, window: PoolWindow, seed: number, epoch: number): PoolOrder {
  const chunks = new Stream(seed, "shuffle/chunks", epoch).permutation(Math.ceil(count / window.chunk));
  // The last chunk may be smaller than the others: it comes wherever the permutation puts it.
  const sizeOf = (chunk: number): number => Math.min(window.chunk, count - chunk * window.chunk);
  const starts: number[] = [];
  let total = 0;
  for (let first = 0; first < chunks.length; first += window.chunks) {
    starts.push(total);
    for (const chunk of chunks.subarray(first, first + window.chunks)) total += sizeOf(chunk);
  }
  let held = { number: -1, order: new Uint32Array(0) };

  function orderOf(number: number): Uint32Array {
    if (held.number === number) return held.order;
    const members: number[] = [];
    for (const chunk of chunks.subarray(number * window.chunks, (number + 1) * window.chunks)) {
      for (let i = 0; i < sizeOf(chunk); i++) members.push(chunk * window.chunk + i);
    }
    const shuffled = new Stream(seed, `shuffle/window/${number}`, epoch).permutation(members.length);
    held = { number, order: shuffled.map((from) => members[from] as number) };
    return held.order;
  }

  return {
    at(position) {
      let number = held.number < 0 ? 0 : held.number;
      if (position < (starts[number] as number)) number = 0;
      while (number + 1 < starts.length && position >= (starts[number + 1] as number)) number++;
      return orderOf(number)[position - (starts[number] as number)] as number;
    },
  };
}
