import type { Detector } from "./detector.ts";
import { dice } from "./detectors/dice.ts";
import { ebo } from "./detectors/ebo.ts";
import { gradnorm } from "./detectors/gradnorm.ts";
import { klm } from "./detectors/klm.ts";
import { knn } from "./detectors/knn.ts";
import { mls } from "./detectors/mls.ts";
import { msp } from "./detectors/msp.ts";
import { odin } from "./detectors/odin.ts";
import { openmax } from "./detectors/openmax.ts";
import { react } from "./detectors/react.ts";
import { tempscale } from "./detectors/tempscale.ts";
import { vim } from "./detectors/vim.ts";

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
