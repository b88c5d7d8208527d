import { ce } from "./ce.ts";
import type { TrainingMethod } from "./method.ts";

/** Every training method this build knows, in the order of the menus. */
export const trainingMethods: readonly TrainingMethod[] = [ce];

/** The method of that name. Throws a RangeError that lists the known names. */
export function trainingMethod(name: string): TrainingMethod {
  const found = trainingMethods.find((method) => method.name === name);
  if (!found) {
    const known = trainingMethods.map((method) => `"${method.name}"`).join(", ");
    throw new RangeError(`There is no training method "${name}". Known: ${known}.`);
  }
  return found;
}
