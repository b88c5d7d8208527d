import { type DetectorChoice, parseParameter } from "../src/detection/params.ts";
import { detectorByName, detectors } from "../src/detection/registry.ts";
import { messageOf } from "../src/study/errors.ts";
import type { ParameterValue } from "../src/study/result.ts";
import { BadInput } from "./context.ts";

/** Names of OpenOOD's configuration files for parameters that are called by their symbol here. */
const OPENOOD_NAMES: Readonly<Record<string, string>> = {
  "vim.dim": "D",
  "ebo.temperature": "T",
  "odin.temperature": "T",
  "odin.noise": "eps",
};

/**
 * `--detector` and `--set detector.param=value` as choices, in the registry's order.
 *
 * @param images whether there is a network that detectors can look at images through; without one they are left out
 * @throws BadInput for an unknown detector or parameter, a value out of range, and one that needs images where there are none
 */
export function detectorChoices(
  asked: readonly string[],
  settings: readonly string[],
  images: boolean,
): DetectorChoice[] {
  for (const name of asked) {
    const detector = known(name);
    if (detector.perturb !== undefined && !images) {
      throw new BadInput(
        `${detector.title} looks at the images through the network, and here are only features and logits. ` +
          "Use `sio evaluate` with the checkpoint, or leave it out.",
      );
    }
  }
  const chosen = detectors.filter(({ name, perturb }) =>
    asked.length > 0 ? asked.includes(name) : images || perturb === undefined,
  );
  const overrides = new Map<string, Record<string, ParameterValue>>();
  for (const setting of settings) {
    const [, name, given, text] = /^([^.=]+)\.([^=]+)=(.+)$/.exec(setting) ?? [];
    if (name === undefined || given === undefined || text === undefined) {
      throw new BadInput(`--set takes DETECTOR.PARAMETER=VALUE, e.g. knn.K=100, not "${setting}".`);
    }
    const parameter = OPENOOD_NAMES[`${name}.${given}`] ?? given;
    const detector = known(name);
    if (!chosen.includes(detector))
      throw new BadInput(`--set ${setting}: ${detector.title} is not among the detectors that run.`);
    try {
      const value = parseParameter(detector, parameter, text);
      overrides.set(name, { ...overrides.get(name), [parameter]: value });
    } catch (error) {
      throw new BadInput(`--set ${setting}: ${messageOf(error)}`, { cause: error });
    }
  }
  return chosen.map(({ name }) => {
    const params = overrides.get(name);
    return params === undefined ? { name } : { name, params };
  });
}

function known(name: string) {
  try {
    return detectorByName(name);
  } catch (error) {
    throw new BadInput(messageOf(error), { cause: error });
  }
}
