import { accesses, type Root, type Step } from "./steps.ts";

/** When something is needed: from the first to the last of these times, both included. */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
}

/**
 * First and last use of every root that the steps touch.
 *
 * @param time when a step runs, by its index; steps of one time may run in any order and at once
 */
export function lifetimes(steps: readonly Step[], time: (index: number) => number): Map<Root, Lifetime> {
  const result = new Map<Root, Lifetime>();
  steps.forEach((step, index) => {
    const now = time(index);
    const { reads, writes } = accesses(step);
    for (const { root } of [...reads, ...writes]) {
      const known = result.get(root);
      result.set(root, { first: Math.min(known?.first ?? now, now), last: Math.max(known?.last ?? now, now) });
    }
  });
  return result;
}

/** Memory that is needed for a while. */
export interface Block extends Lifetime {
  readonly bytes: number;
}

/**
 * Offsets for blocks of memory such that two that live at a common time never overlap: largest first, each as low as
 * it can go.
 *
 * @param alignment what every offset is a multiple of
 * @param slab no block crosses a multiple of this many bytes; Infinity = one piece of memory
 * @returns an offset for every block, and the end of the highest
 * @throws RangeError if a block is larger than a slab
 */
export function arrange(
  blocks: readonly Block[],
  alignment: number,
  slab = Number.POSITIVE_INFINITY,
): { readonly offsets: readonly number[]; readonly bytes: number } {
  const offsets = new Array<number>(blocks.length).fill(0);
  const placed: { from: number; to: number; block: Block }[] = [];
  const order = blocks.map((block, index) => ({ block, index }));
  order.sort((a, b) => b.block.bytes - a.block.bytes || a.block.first - b.block.first || a.index - b.index);
  for (const { block, index } of order) {
    if (block.bytes > slab) {
      throw new RangeError(`A block of ${block.bytes} bytes does not fit a slab of ${slab}.`);
    }
    const rivals = placed
      .filter(({ block: { first, last } }) => first <= block.last && block.first <= last)
      .sort((a, b) => a.from - b.from);
    let from = 0;
    for (const rival of rivals) {
      if (from + block.bytes <= rival.from && fits(from, block.bytes, slab)) break;
      from = Math.max(from, up(rival.to, alignment));
      if (!fits(from, block.bytes, slab)) from = up(from, slab);
    }
    offsets[index] = from;
    placed.push({ from, to: from + block.bytes, block });
  }
  return { offsets, bytes: Math.max(0, ...placed.map(({ to }) => to)) };
}

function fits(from: number, bytes: number, slab: number): boolean {
  return slab === Number.POSITIVE_INFINITY || Math.floor(from / slab) === Math.floor((from + bytes - 1) / slab);
}

function up(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
