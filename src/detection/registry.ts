import type { Detector } from "./detector.ts";
import { dice } from "./dice.ts";
import { ebo } from "./ebo.ts";
import { gradnorm } from "./gradnorm.ts";
import { klm } from "./klm.ts";
import { knn } from "./knn.ts";
import { mls } from "./mls.ts";
import { msp } from "./msp.ts";
import { odin } from "./odin.ts";
import { openmax } from "./openmax.ts";
import { react } from "./react.ts";
import { tempscale } from "./tempscale.ts";
import { vim } from "./vim.ts";

/** Every detector, in the order in which tables list them. A new one is one file and one line here. */
export const detectors = [
  openmax,
  msp,
  tempscale,
  odin,
  ebo,
  gradnorm,
  react,
  mls,
  klm,
  vim,
  knn,
  dice,
] as readonly Detector[];

/** The detector `name`. Throws, listing the known names, when there is none. */
export function detectorByName(name: string): Detector {
  const found = detectors.find((detector) => detector.name === name);
  if (found === undefined) {
    throw new Error(`There is no detector "${name}". Known: ${detectors.map((d) => d.name).join(", ")}.`);
  }
  return found;
}
