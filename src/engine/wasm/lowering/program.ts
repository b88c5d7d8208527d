/**
 * A program is pure data: phases of kernel calls with a barrier between phases. How the work is cut never depends
 * on the number of threads in a way that could change a sum, so neither do the bits of the result.
 */

export type KernelName =
  | "clearBorders"
  | "combine"
  | "combineGradient"
  | "combineGradientPartial"
  | "convolve"
  | "filterGradient"
  | "foldNorm"
  | "globalAverage"
  | "globalAverageGradient"
  | "normEvaluate"
  | "normFinalise"
  | "normGradientFinalise"
  | "normPartial"
  | "normRunning"
  | "pool"
  | "poolGradient"
  | "sgd"
  | "sumPartials"
  | "transposePanels"
  | "winogradConvolve"
  | "winogradFilterGradient"
  | "winogradGradientProducts"
  | "winogradGradientTiles"
  | "winogradWeights";

/**
 * A number fixed by the plan, or one filled in at run time: `n` = images of this batch, `lo`/`hi` = this call's
 * range of images or work items, `chunk` = number of the image chunk.
 */
export type Argument = number | "n" | "lo" | "hi" | "chunk" | Counted;

/** base + step · how many: memory of a thread's or a chunk's own, or what grows with the batch. */
export interface Counted {
  readonly base: number;
  readonly step: number;
  readonly per: "thread" | "chunk" | "n";
}

export interface KernelCall {
  readonly kernel: KernelName;
  readonly args: readonly Argument[];
}

/**
 * `every`: each thread runs the calls in full and writes the same bits as the others.
 * `chunks`: the batch is cut into CHUNKS runs of images; a chunk goes through all the calls before the next, while
 * its data is in the cache, and stays with one thread through the whole program.
 * `images`: each thread runs the calls once for all the images of its chunks.
 * `split`: one call over `items` independent outputs.
 */
export type Section =
  | { readonly work: "every"; readonly calls: readonly KernelCall[] }
  | { readonly work: "images"; readonly calls: readonly KernelCall[] }
  | { readonly work: "chunks"; readonly calls: readonly KernelCall[] }
  | { readonly work: "split"; readonly items: number; readonly call: KernelCall };

export type Phase = readonly Section[];
export type Program = readonly Phase[];

/** Into how many runs of images a batch is cut: fixed, since batch statistics are summed chunk by chunk. */
export const CHUNKS = 16;

/** A call with every argument a number. */
export interface ResolvedCall {
  readonly kernel: KernelName;
  readonly args: readonly number[];
}

/** First image of chunk `k` in a batch of n; chunk k ends where chunk k + 1 begins. */
export function chunkStart(k: number, n: number): number {
  return Math.floor((k * n) / CHUNKS);
}

/** What thread `thread` of `threads` runs for a batch of n images: one list of calls per phase. */
export function resolve(program: Program, thread: number, threads: number, n: number): ResolvedCall[][] {
  const from = (items: number) => Math.floor((items * thread) / threads);
  const to = (items: number) => Math.floor((items * (thread + 1)) / threads);
  const fill = (call: KernelCall, lo: number, hi: number, chunk: number): ResolvedCall => {
    const value = (argument: Argument) => {
      if (typeof argument === "number") return argument;
      if (typeof argument === "string") return values[argument];
      return argument.base + argument.step * values[argument.per];
    };
    const values = { n, lo, hi, chunk, thread };
    return { kernel: call.kernel, args: call.args.map(value) };
  };
  return program.map((phase, order) =>
    phase.flatMap((section) => {
      if (section.work === "every") return section.calls.map((call) => fill(call, 0, n, 0));
      if (section.work === "split") {
        const lo = from(section.items);
        const hi = to(section.items);
        return lo < hi ? [fill(section.call, lo, hi, 0)] : [];
      }
      if (section.work === "images") {
        const [lo, hi] = [chunkStart(from(CHUNKS), n), chunkStart(to(CHUNKS), n)];
        return lo < hi ? section.calls.map((call) => fill(call, lo, hi, 0)) : [];
      }
      const calls: ResolvedCall[] = [];
      const [first, end] = [from(CHUNKS), to(CHUNKS)];
      for (let i = first; i < end; i++) {
        // Every other phase runs backwards, so that it begins with what the last one has left in the cache.
        const chunk = order % 2 === 0 ? i : first + end - 1 - i;
        for (const call of section.calls) calls.push(fill(call, chunkStart(chunk, n), chunkStart(chunk + 1, n), chunk));
      }
      return calls;
    }),
  );
}
