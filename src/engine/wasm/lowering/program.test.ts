import { describe, expect, it } from "vitest";
import { CHUNKS, type Program, resolve } from "./program.ts";

const program: Program = [
  [
    { work: "every", calls: [{ kernel: "normFinalise", args: [7, "n"] }] },
    {
      work: "chunks",
      calls: [
        { kernel: "convolve", args: ["lo", "hi"] },
        { kernel: "normPartial", args: ["lo", "hi", "chunk"] },
      ],
    },
  ],
  [{ work: "split", items: 18, call: { kernel: "filterGradient", args: ["lo", "hi", "n"] } }],
];
/** Every [lo, hi) that the threads together pass to `kernel`, in order. */
function ranges(kernel: string, threads: number, n: number): number[][] {
  const found: number[][] = [];
  for (let thread = 0; thread < threads; thread++) {
    for (const call of resolve(program, thread, threads, n).flat()) {
      if (call.kernel === kernel) found.push([...call.args]);
    }
  }
  return found.sort((a, b) => (a[0] as number) - (b[0] as number) || (a[1] as number) - (b[1] as number));
}

describe("resolve", () => {
  it.each([1, 2, 3, 5, 8, 16, 40])("gives %i threads each work item once", (threads) => {
    let next = 0;
    for (const [lo, hi, n] of ranges("filterGradient", threads, 64)) {
      expect([lo, n]).toEqual([next, 64]);
      next = hi as number;
    }
    expect(next).toBe(18);
  });

  it.each([1, 3, 40, 64])("cuts a batch of %i into the same chunks for any number of threads", (n) => {
    const alone = ranges("normPartial", 1, n);
    expect(alone.length).toBe(CHUNKS);
    expect(alone[0]?.[0]).toBe(0);
    expect(alone[CHUNKS - 1]?.[1]).toBe(n);
    for (let i = 1; i < CHUNKS; i++) expect(alone[i]?.[0]).toBe(alone[i - 1]?.[1]);
    for (const threads of [2, 3, 7, 16, 20]) expect(ranges("normPartial", threads, n)).toEqual(alone);
  });

  it("takes a chunk through all its calls before the next", () => {
    const [phase] = resolve(program, 0, 1, 64);
    expect(phase?.slice(1, 5).map(({ kernel }) => kernel)).toEqual([
      "convolve",
      "normPartial",
      "convolve",
      "normPartial",
    ]);
  });

  it("lets every thread run what all need, with the batch size filled in", () => {
    for (const thread of [0, 1, 2]) {
      expect(resolve(program, thread, 3, 5)[0]?.[0]).toEqual({ kernel: "normFinalise", args: [7, 5] });
    }
  });

  it.each([1, 2, 3, 7])("gives %i threads their images at once, each in its own work space", (threads) => {
    const space = { base: 1000, step: 64, per: "thread" } as const;
    const batch = { base: 5, step: 3, per: "n" } as const;
    const images: Program = [[{ work: "images", calls: [{ kernel: "convolve", args: ["lo", "hi", space, batch] }] }]];
    let next = 0;
    for (let thread = 0; thread < threads; thread++) {
      const [call] = resolve(images, thread, threads, 40).flat();
      expect(call?.args).toEqual([next, expect.any(Number), 1000 + 64 * thread, 125]);
      // As many as its chunks have.
      const chunks = resolve(program, thread, threads, 40).flat();
      expect(call?.args[1]).toBe(
        Math.max(...chunks.map(({ kernel, args }) => (kernel === "convolve" ? args[1] : 0) ?? 0)),
      );
      next = call?.args[1] as number;
    }
    expect(next).toBe(40);
  });

  it("gives every chunk a place of its own", () => {
    const place = { base: 100, step: 10, per: "chunk" } as const;
    const chunked: Program = [[{ work: "chunks", calls: [{ kernel: "winogradFilterGradient", args: [place] }] }]];
    const places = [0, 1, 2].flatMap((thread) => resolve(chunked, thread, 3, 5).flat()).map(({ args }) => args[0]);
    expect(places).toEqual(Array.from({ length: CHUNKS }, (_, chunk) => 100 + 10 * chunk));
  });
});
