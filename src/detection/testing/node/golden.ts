import { existsSync, readFileSync } from "node:fs";
import { plainKernels } from "../../../engine/dense/plain.ts";
import { floats, type GoldenTensors, ints, readGolden } from "../../../metrics/node/golden.ts";
import type { Activations, FitInput } from "../../detector.ts";
import { noImages } from "../activations.ts";

/** The reference's scores and fitted states on stored features, and the data that they were computed from. */
export interface Golden {
  readonly tensors: GoldenTensors;
  readonly input: FitInput;
  /** id, near, far */
  readonly sets: ReadonlyMap<string, Activations>;
  /** Largest permitted difference of a case's scores. */
  tolerance(name: string): number;
  /** A number that the reference left on the way, e.g. react.threshold_float64. */
  intermediate(name: string, key: string): number;
}

const shared = new URL("../../../../../shared/golden/ood/scores/", import.meta.url);
const fixtures = new URL("../../fixtures/", import.meta.url);

/** Where the golden scores may be: a subset of the queries in the repository, all of them outside. */
export const goldenPlaces = [
  { where: "fixture", tensors: new URL("golden.safetensors", fixtures), numbers: new URL("golden.json", fixtures) },
  { where: "../shared", tensors: new URL("io.safetensors", shared), numbers: new URL("manifest.json", shared) },
].map((place) => ({ ...place, there: existsSync(place.tensors) }));

export type GoldenPlace = (typeof goldenPlaces)[number];

/** The one that is always there. */
export const goldenFixture = goldenPlaces[0] as GoldenPlace;

/** Reads a golden file; logits that it leaves out are computed from its features. */
export async function openGolden(place: GoldenPlace): Promise<Golden> {
  const tensors = readGolden(place.tensors);
  const numbers = JSON.parse(readFileSync(place.numbers, "utf8")) as {
    tolerance: { conf: Record<string, { atol: number }> };
    intermediate: Record<string, Record<string, number>>;
  };
  const head = { weight: floats(tensors, "fc/weight"), bias: floats(tensors, "fc/bias") };
  const classes = head.bias.length;
  const featureDim = head.weight.length / classes;
  const split = async (name: string): Promise<Activations> => {
    const features = floats(tensors, `${name}/features`);
    const count = features.length / featureDim;
    const logits = tensors.has(`${name}/logits`)
      ? floats(tensors, `${name}/logits`)
      : await plainKernels.headLogits(features, featureDim, head, Number.POSITIVE_INFINITY);
    const labels = tensors.has(`${name}/labels`) ? ints(tensors, `${name}/labels`) : new Int32Array(count).fill(-1);
    return { count, features, logits, labels };
  };
  const [train = noImages, val = noImages, id = noImages, near = noImages, far = noImages] = await Promise.all(
    ["train", "val", "id", "near", "far"].map(split),
  );
  return {
    tensors,
    input: { featureDim, classes, train, val, head },
    sets: new Map(Object.entries({ id, near, far })),
    tolerance: (name) => stored(numbers.tolerance.conf[name]?.atol, `a tolerance of ${name}`),
    intermediate: (name, key) => stored(numbers.intermediate[name]?.[key], `${name}.${key}`),
  };
}

function stored(value: number | undefined, what: string): number {
  if (value === undefined) throw new Error(`The golden file has no number ${what}.`);
  return value;
}
