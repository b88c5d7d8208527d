import type { PresetName } from "../study/recipe.ts";
import { detectorKey, type ParameterValue, type Params } from "../study/result.ts";
import type { Detector, DetectorPreset, Parameter, Sizes } from "./detector.ts";

/** A hyper-parameter that the detector does not have, or a value that it does not take. */
export class BadParameter extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BadParameter";
  }
}

/** The detectors' preset of a study's: `look` scores as `quick` does. */
export function detectorPreset(preset: PresetName): DetectorPreset {
  return preset === "look" ? "quick" : preset;
}

/**
 * The values that a detector runs with: the preset's, with `overrides` put in. Throws BadParameter where an override
 * names no parameter or lies outside its range.
 */
export function resolveParams(
  detector: Detector,
  preset: DetectorPreset,
  sizes: Sizes,
  overrides: Params = {},
): Params {
  const own = preset === "quick" ? detector.presets.quick(sizes) : detector.presets[preset];
  for (const [name, value] of Object.entries(overrides)) checkParameter(detector, name, value);
  return { ...own, ...overrides };
}

/** Throws BadParameter unless `value` is one that the parameter `name` of the detector takes. */
export function checkParameter(detector: Detector, name: string, value: ParameterValue): void {
  const parameter = detector.parameters.find((known) => known.name === name);
  if (parameter === undefined) {
    const known = detector.parameters.map((item) => item.name).join(", ") || "none";
    throw new BadParameter(`${detector.title} has no parameter "${name}". Known: ${known}.`);
  }
  const wrong = objection(parameter, value);
  if (wrong !== null) throw new BadParameter(`${detector.title}'s ${name} is ${wrong}, not ${value}.`);
}

/** What the parameter takes, in words, where `value` is not such a thing; else null. */
function objection(parameter: Parameter, value: ParameterValue): string | null {
  if (parameter.kind === "choice") {
    const options = parameter.options.map((option) => option.value);
    return options.includes(String(value)) ? null : `one of ${options.join(", ")}`;
  }
  const { integer, min, max } = parameter;
  const fits = typeof value === "number" && value >= min && value <= max && (!integer || Number.isInteger(value));
  return fits ? null : `a ${integer ? "whole number" : "number"} from ${min} to ${max}`;
}

/** A parameter's value from text, as the command line and the page have it. Throws BadParameter. */
export function parseParameter(detector: Detector, name: string, text: string): ParameterValue {
  const parameter = detector.parameters.find((known) => known.name === name);
  const value = parameter?.kind === "number" && text.trim() !== "" ? Number(text) : text;
  checkParameter(detector, name, value);
  return value;
}

/** A detector to run. */
export interface DetectorChoice {
  readonly name: string;
  /** Values that differ from the preset's. */
  readonly params?: Params;
}

/** Names a detector with its overrides: "knn", "knn(K=100)". */
export function choiceKey({ name, params = {} }: DetectorChoice): string {
  return detectorKey(name, params);
}
