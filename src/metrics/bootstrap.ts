import { Stream } from "../random/stream.ts";
import { CONFIDENCE, type Interval } from "./studentT.ts";
import { type RankedScores, weightedAurocs } from "./weightedAuroc.ts";

export const RESAMPLES = 1000;

/**
 * One side of a comparison, e.g. the runs at one α, or one detector: its ranked scores by seed. Arms that are compared
 * have the same seeds in the same order, and on each the same images in the same order.
 */
export type Arm = readonly RankedScores[];

/**
 * How images are drawn. `shared`: every seed was scored on the same images, so one draw serves all of them (crossed, as
 * training runs on one test set are). `own`: anew within each drawn seed (nested), for seeds with images of their own.
 */
export type ImageDraw = "shared" | "own";

export interface BootstrapDesign {
  readonly arms: readonly Arm[];
  /** Indices of OOD sets by group, e.g. near and far; the statistic is the unweighted mean of a group's AUROCs. */
  readonly groups: readonly (readonly number[])[];
  readonly images: ImageDraw;
  /** Names the draws, with the number of the resample. */
  readonly seed: number;
}

/** Mean AUROC over seeds and the sets of a group, as [arm][group]. */
export type GroupMeans = readonly (readonly number[])[];

interface Draw {
  readonly id: Uint32Array;
  readonly ood: readonly Uint32Array[];
}

/**
 * Hierarchical bootstrap of AUROC over seeds and images: seeds are drawn with replacement, then ID images and the
 * images of each OOD set. All arms get the same draws, so that differences between them are paired. Resample b depends
 * on (design.seed, b) alone. Throws RangeError where arms or seeds do not fit one another.
 */
export class HierarchicalBootstrap {
  private readonly seeds: number;
  private readonly counts: readonly Sizes[];

  constructor(private readonly design: BootstrapDesign) {
    const { arms, groups, images } = design;
    const [first] = arms;
    if (first === undefined || first.length === 0) throw new RangeError("A bootstrap needs an arm with a seed.");
    this.seeds = first.length;
    this.counts = first.map(sizes);
    for (const arm of arms) {
      const fits =
        arm.length === this.seeds &&
        arm.every((scores, s) => sameSizes(sizes(scores), this.counts[images === "shared" ? 0 : s] as Sizes));
      if (!fits) {
        const found = arm.map((scores) => JSON.stringify(sizes(scores))).join(" ");
        throw new RangeError(`Arms of a bootstrap have the same seeds and images; one has ${found}.`);
      }
    }
    const sets = this.counts[0]?.ood.length ?? 0;
    if (groups.some((group) => group.length === 0 || group.some((set) => !(set in (first[0]?.ood ?? []))))) {
      throw new RangeError(`A group holds at least one of the sets 0 … ${sets - 1}.`);
    }
  }

  /** The statistic on the images as they are. */
  estimate(): GroupMeans {
    const once = this.counts.map(({ id, ood }) => ({ id: ones(id), ood: ood.map(ones) }));
    return this.means(once.map((draw, seed) => ({ seed, times: 1, draw })));
  }

  /** The statistic on resample b. */
  resample(b: number): GroupMeans {
    const stream = new Stream(this.design.seed, "bootstrap", b);
    const times = draws(stream, this.seeds);
    const shared = this.design.images === "shared" ? this.drawImages(stream, 0) : null;
    const drawn: SeedDraw[] = [];
    for (let seed = 0; seed < this.seeds; seed++) {
      const count = times[seed] as number;
      if (shared === null) {
        for (let k = 0; k < count; k++) drawn.push({ seed, times: 1, draw: this.drawImages(stream, seed) });
      } else if (count > 0) {
        drawn.push({ seed, times: count, draw: shared });
      }
    }
    return this.means(drawn);
  }

  private drawImages(stream: Stream, seed: number): Draw {
    const { id, ood } = this.counts[seed] as Sizes;
    return { id: draws(stream, id), ood: ood.map((n) => draws(stream, n)) };
  }

  private means(drawn: readonly SeedDraw[]): GroupMeans {
    return this.design.arms.map((arm) => {
      const sums = this.design.groups.map(() => 0);
      for (const { seed, times, draw } of drawn) {
        const aurocs = weightedAurocs(arm[seed] as RankedScores, draw.id, draw.ood);
        this.design.groups.forEach((group, g) => {
          const mean = group.reduce((sum, set) => sum + (aurocs[set] as number), 0) / group.length;
          sums[g] = (sums[g] as number) + times * mean;
        });
      }
      return sums.map((sum) => sum / this.seeds);
    });
  }
}

interface SeedDraw {
  readonly seed: number;
  readonly times: number;
  readonly draw: Draw;
}

interface Sizes {
  readonly id: number;
  readonly ood: readonly number[];
}

function sizes({ idOrder, ood }: RankedScores): Sizes {
  return { id: idOrder.length, ood: ood.map(({ below }) => below.length) };
}

function sameSizes(a: Sizes, b: Sizes): boolean {
  return a.id === b.id && a.ood.length === b.ood.length && a.ood.every((n, set) => n === b.ood[set]);
}

/** How often each of n things comes up in n draws with replacement. */
function draws(stream: Stream, n: number): Uint32Array {
  const counts = new Uint32Array(n);
  for (let k = 0; k < n; k++) {
    const at = stream.int(n);
    counts[at] = (counts[at] as number) + 1;
  }
  return counts;
}

function ones(n: number): Uint32Array {
  return new Uint32Array(n).fill(1);
}

/**
 * Percentile interval of bootstrap values: their (1 ∓ confidence) / 2 quantiles, linear between order statistics.
 * Throws RangeError without values.
 */
export function percentileInterval(values: Iterable<number>, confidence = CONFIDENCE): Interval {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) throw new RangeError("A percentile interval needs at least one resample.");
  const quantile = (p: number): number => {
    const place = p * (sorted.length - 1);
    const below = sorted[Math.floor(place)] as number;
    return below + (place - Math.floor(place)) * ((sorted[Math.ceil(place)] as number) - below);
  };
  return { low: quantile((1 - confidence) / 2), high: quantile((1 + confidence) / 2) };
}
