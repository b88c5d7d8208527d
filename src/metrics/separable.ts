import { pairedDifference } from "./paired.ts";
import { excludesZero } from "./studentT.ts";

/** One entry of a column: its value per seed, larger = better. */
export interface Entry {
  readonly key: string;
  readonly bySeed: ReadonlyMap<number, number>;
}

/** Who leads a column, and who cannot be told from the leader. */
export interface Lead {
  /** The highest mean (ties: the first). */
  readonly best: string;
  /** The best, if it can be told from every other entry; else nobody may stand out. */
  readonly bold: string | null;
  /** The entries that cannot be told from the best, without the best itself; empty where it is bold. */
  readonly tied: readonly string[];
}

/**
 * Whether a difference over seeds is resolved: the paired 95 % t-interval over the common seeds excludes zero.
 * Fewer than PAIRED_SEEDS common seeds never are.
 */
export function separatedOverSeeds(a: Entry, b: Entry): boolean {
  const interval = pairedDifference(a.bySeed, b.bySeed)?.interval ?? null;
  return interval !== null && excludesZero(interval);
}

/**
 * The leader of a column; null where no entry has a value. Entries without a value take no part.
 *
 * @param separated whether two entries can be told apart: over seeds, or by a bootstrap over images for a single seed
 */
export function leadOf(
  entries: readonly Entry[],
  separated: (a: Entry, b: Entry) => boolean = separatedOverSeeds,
): Lead | null {
  const valued = entries.filter(({ bySeed }) => bySeed.size > 0);
  const [first] = valued;
  if (first === undefined) return null;
  const best = valued.reduce((leader, entry) => (mean(entry) > mean(leader) ? entry : leader), first);
  const others = valued.filter((entry) => entry !== best);
  const tied = others.filter((entry) => !separated(best, entry)).map(({ key }) => key);
  // Alone in its column, an entry is not the best of anything.
  return { best: best.key, bold: others.length > 0 && tied.length === 0 ? best.key : null, tied };
}

/** Whether nobody stands out in a column and `key` is its best or cannot be told from it. */
export function isLevel(lead: Lead | null, key: string): boolean {
  if (lead === null || lead.tied.length === 0) return false;
  return lead.best === key || lead.tied.includes(key);
}

function mean({ bySeed }: Entry): number {
  let sum = 0;
  for (const value of bySeed.values()) sum += value;
  return sum / bySeed.size;
}
