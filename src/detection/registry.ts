import type { Detector } from "./detector.ts";
import { ebo } from "./ebo.ts";
import { knn } from "./knn.ts";
import { mls } from "./mls.ts";
import { msp } from "./msp.ts";

/** Every detector, in the order in which tables list them. A new one is one file and one entry here. */
export const detectors: readonly Detector[] = [msp, ebo, mls, knn];

/** The detector `name`. Throws, listing the known names, when there is none. */
export function detectorByName(name: string): Detector {
  const found = detectors.find((detector) => detector.name === name);
  if (found === undefined) {
    throw new Error(`There is no detector "${name}". Known: ${detectors.map((d) => d.name).join(", ")}.`);
  }
  return found;
}

/** The detector's defaults with `overrides` put in. Throws when an override names no parameter of it. */
export function detectorParams(
  detector: Detector,
  overrides: Readonly<Record<string, number>> = {},
): Record<string, number> {
  for (const key of Object.keys(overrides)) {
    if (!(key in detector.defaults)) {
      const known = Object.keys(detector.defaults).join(", ") || "none";
      throw new Error(`${detector.title} has no parameter "${key}". Known: ${known}.`);
    }
  }
  return { ...detector.defaults, ...overrides };
}

/** True where the head plays no part in the score, so that no refitted head can move it. */
export function readsOnlyFeatures(detector: Detector): boolean {
  return detector === knn;
}
