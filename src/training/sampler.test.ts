import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { batchSplit } from "../study/recipe.ts";
import { TwoSourceSampler } from "./sampler.ts";

const golden = new URL("../../../shared/golden/ood/training/sampler/manifest.json", import.meta.url);

interface Iterated {
  readonly num_batches: number;
  readonly real_used: number;
  readonly syn_used: number;
  readonly real_batch_rle: readonly (readonly [number, number])[];
  readonly syn_batch_rle: readonly (readonly [number, number])[];
}

/** Runs of equal counts: [count, how often]. */
function runLengths(counts: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const count of counts) {
    const last = runs.at(-1);
    if (last?.[0] === count) last[1]++;
    else runs.push([count, 1]);
  }
  return runs;
}

function epochCounts(real: number, pool: number, batch: number, alpha: number) {
  const sampler = new TwoSourceSampler(real, pool, batch, 0);
  const batches = Array.from({ length: sampler.stepsPerEpoch }, (_, step) => sampler.next(step, alpha));
  return { real: batches.map((b) => b.real), synthetic: batches.map((b) => b.synthetic) };
}

describe("TwoSourceSampler", () => {
  it.each([
    [0.1, 12],
    [0.3, 38],
    [0.7, 89],
    [0.8, 102],
  ])("puts trunc(128·α) real images into a batch: α = %d → %d", (alpha, real) => {
    const sampler = new TwoSourceSampler(1000, 20_000, 128, 3);
    const { members } = sampler.next(0, alpha);
    expect(members.filter((member) => member >= 0).length).toBe(real);
    expect(members.filter((member) => member < 0).length).toBe(128 - real);
  });

  it("truncates in float64, as Python's int()", () => {
    const traps = [
      [100, 0.29, 28],
      [100, 0.57, 56],
      [100, 0.58, 57],
      [50, 0.58, 28],
      [128, 0.7, 89],
      [256, 0.55, 140],
      [100, 0.07, 7],
    ] as const;
    for (const [batch, alpha, real] of traps) expect(batchSplit(batch, alpha).real).toBe(real);
  });

  it("gives short last batches and lets a small pool run dry", () => {
    expect(runLengths(epochCounts(1000, 0, 128, 1).real)).toEqual([
      [128, 7],
      [104, 1],
    ]);
    const dry = epochCounts(50_000, 5000, 128, 0.8);
    expect(runLengths(dry.real)).toEqual([[102, 391]]);
    expect(runLengths(dry.synthetic)).toEqual([
      [26, 192],
      [8, 1],
      [0, 198],
    ]);
  });

  it("draws each image at most once per epoch, another order every epoch", () => {
    const sampler = new TwoSourceSampler(100, 60, 20, 5);
    const epoch = (first: number): number[] => {
      const drawn: number[] = [];
      for (let step = first; step < first + sampler.stepsPerEpoch; step++)
        drawn.push(...sampler.next(step, 0.5).members);
      return drawn;
    };
    const [one, two] = [epoch(0), epoch(5)];
    expect(new Set(one).size).toBe(one.length);
    expect(one).not.toEqual(two);
  });

  it("goes on after seek as if nothing had happened", () => {
    const whole = new TwoSourceSampler(100, 400, 20, 9);
    const all = Array.from({ length: 12 }, (_, step) => [...whole.next(step, 0.7).members]);
    const resumed = new TwoSourceSampler(100, 400, 20, 9);
    resumed.seek(7, 0.7);
    expect([...resumed.next(7, 0.7).members]).toEqual(all[7]);
    expect([...resumed.next(8, 0.7).members]).toEqual(all[8]);
  });

  describe.skipIf(!existsSync(golden))("against the reference sampler", () => {
    const manifest = existsSync(golden)
      ? JSON.parse(readFileSync(golden, "utf8"))
      : { iterated: {}, other_real_set_sizes: {} };
    const cases: [string, Iterated][] = [
      ...Object.entries(manifest.iterated),
      ...Object.entries(manifest.other_real_set_sizes),
    ] as [string, Iterated][];

    it.each(cases)("%s", (name, expected) => {
      const value = (key: string, fallback: number): number =>
        Number(new RegExp(`${key}=([0-9.]+)`).exec(name)?.[1] ?? fallback);
      const counts = epochCounts(value("n_real", 50_000), value("pool", 0), value("B", 128), value("alpha", 1));
      expect(counts.real.length).toBe(expected.num_batches);
      expect(runLengths(counts.real)).toEqual(expected.real_batch_rle);
      expect(runLengths(counts.synthetic)).toEqual(expected.syn_batch_rle);
    });
  });
});
