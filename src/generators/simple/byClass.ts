import type { ImageSet } from "../../data/imageSet.ts";

/**
 * Indices of the images of each class, in the set's order.
 * @param atLeast images a class needs
 * @throws Error when a class has fewer, or a label names no class
 */
export function byClass(set: ImageSet, classNames: readonly string[], atLeast: number): Uint32Array[] {
  const members: number[][] = classNames.map(() => []);
  for (let i = 0; i < set.count; i++) {
    const label = set.labels[i] as number;
    const own = members[label];
    if (own === undefined) {
      throw new Error(`Train image ${i} has label ${label}, but there are ${classNames.length} classes.`);
    }
    own.push(i);
  }
  members.forEach((own, k) => {
    if (own.length < atLeast) {
      throw new Error(
        `Class "${classNames[k]}" has ${own.length} train images; a generator learned from them needs ${atLeast}. ` +
          "Use a larger train set.",
      );
    }
  });
  return members.map((own) => Uint32Array.from(own));
}
