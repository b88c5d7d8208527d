import type { BenchmarkInfo, Role } from "../../data/benchmark.ts";
import type { Detector, DetectorPreset, Sizes } from "../../detection/detector.ts";
import { BadParameter, type DetectorChoice, parseParameter, resolveParams } from "../../detection/params.ts";
import { detectors } from "../../detection/registry.ts";
import type { ParameterValue, Params } from "../../study/result.ts";
import type { Study } from "../../study/study.ts";

/** Which detector the panels follow, as a key says it. */
export interface ReadChoice {
  readonly detector: Detector;
  /** Values that differ from the preset's. */
  readonly params: Params;
}

/** Reads "knn" or "knn(K=100)"; null where it names no detector, or a value that the detector does not take. */
export function readChoice(key: string): ReadChoice | null {
  const [, name, list] = /^([^()]+)(?:\((.+)\))?$/.exec(key) ?? [];
  const detector = detectors.find((known) => known.name === name);
  if (detector === undefined) return null;
  const params: Record<string, ParameterValue> = {};
  for (const pair of list?.split(",") ?? []) {
    const at = pair.indexOf("=");
    const parameter = pair.slice(0, Math.max(0, at));
    try {
      params[parameter] = parseParameter(detector, parameter, pair.slice(at + 1));
    } catch (error) {
      if (error instanceof BadParameter) return null;
      throw error;
    }
  }
  return { detector, params };
}

/** The choice that a key names, for the session. Throws for a key that {@link readChoice} refuses. */
export function choiceOfKey(key: string): DetectorChoice {
  const read = readChoice(key);
  if (read === null) throw new Error(`"${key}" names no detector of this workbench.`);
  return { name: read.detector.name, params: read.params };
}

/** What the rules of preset `quick` go by, for the cells of a study; null while its benchmark is unknown. */
export function studySizes(study: Study, benchmark: BenchmarkInfo | null): Sizes | null {
  if (benchmark === null) return null;
  const count = (role: Role): number =>
    benchmark.sets.find((set) => set.group === "id" && set.role === role)?.count ?? 0;
  const train = count("train");
  return {
    // ResNet-18 ends in eight times its width.
    featureDim: 8 * study.width,
    classes: benchmark.classNames.length,
    train: study.recipe.realCount === null ? train : Math.min(study.recipe.realCount, train),
    val: count("val"),
  };
}

/** Products of a train feature with an image's above which scoring an evaluation takes more than a few seconds. */
const COSTLY = 5e10;

/** Whether scoring every test image may compare it with the whole train set, at a size where that takes long. */
export function isCostly(detector: Detector, sizes: Sizes | null, benchmark: BenchmarkInfo | null): boolean {
  if (detector.fitsOn !== "train" || !detector.readsFeatures || sizes === null || benchmark === null) return false;
  const images = benchmark.sets.reduce((sum, { role, count }) => sum + (role === "test" ? count : 0), 0);
  return sizes.train * images * sizes.featureDim > COSTLY;
}

/** `params` without what is the preset's own: two ways to say the same values have one key. */
export function overridesOf(detector: Detector, preset: DetectorPreset, sizes: Sizes, params: Params): Params {
  const own = resolveParams(detector, preset, sizes);
  return Object.fromEntries(Object.entries(params).filter(([name, value]) => own[name] !== value));
}

/** Hyper-parameters as tables say them: "K = 100, T = 1". */
export function paramsText(params: Params): string {
  return Object.entries(params)
    .map(([name, value]) => `${name} = ${valueText(value)}`)
    .join(", ");
}

/** A value without the noise of binary fractions. */
export function valueText(value: ParameterValue): string {
  if (typeof value === "string") return value;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}
