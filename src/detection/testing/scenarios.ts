import { Stream } from "../../random/stream.ts";
import type { Activations, FitInput } from "../detector.ts";
import { noImages, picked } from "./activations.ts";

/** A kind of input that a detector meets sooner or later. */
export interface Scenario {
  readonly name: string;
  readonly input: FitInput;
  /** Images to score, all finite. */
  readonly scored: Activations;
}

const stream = new Stream(1, "test-detectors");
const normals = (count: number, scale = 1) => Float32Array.from({ length: count }, () => scale * stream.normal());

/** Images of `classes` classes whose features, not negative as after ReLU, lie about a mean of their own. */
function images(count: number, { featureDim, classes, head }: Pick<FitInput, "featureDim" | "classes" | "head">) {
  const features = new Float32Array(count * featureDim);
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  for (let at = 0; at < features.length; at++) {
    const own = (at % featureDim) % classes === (labels[Math.floor(at / featureDim)] as number) ? 2 : 0;
    features[at] = Math.max(0, own + stream.normal());
  }
  return { count, features, labels, logits: logitsOf(features, featureDim, head) };
}

function logitsOf(features: Float32Array, dim: number, { weight, bias }: FitInput["head"]): Float32Array {
  return Float32Array.from({ length: (features.length / dim) * bias.length }, (_, at) => {
    const [i, k] = [Math.floor(at / bias.length), at % bias.length];
    let sum = bias[k] as number;
    for (let j = 0; j < dim; j++) sum += (features[i * dim + j] as number) * (weight[k * dim + j] as number);
    return sum;
  });
}

function ordinary(classes: number, featureDim: number, train = 60 * classes, val = 20 * classes): Scenario {
  const weight = Float32Array.from({ length: classes * featureDim }, (_, at) => {
    return (at % featureDim) % classes === Math.floor(at / featureDim) ? 1 : 0.1 * stream.normal();
  });
  const shape = { featureDim, classes, head: { weight, bias: normals(classes, 0.1) } };
  return {
    name: `${classes} classes, ${featureDim} features, ${train} + ${val} images`,
    input: { ...shape, train: images(train, shape), val: images(val, shape) },
    scored: images(17, shape),
  };
}

type Change = (split: Activations, base: FitInput) => Activations;

/** The base with both splits changed, and the scored images too unless only the fit is to meet it. */
function changed(name: string, change: Change, where: "all" | "fit" = "all", base = plain): Scenario {
  const { input, scored } = base;
  return {
    name,
    input: { ...input, train: change(input.train, input), val: change(input.val, input) },
    scored: where === "all" ? change(scored, input) : scored,
  };
}

/** Other features, with the logits that the head makes of them. */
const withFeatures =
  (value: (old: number, at: number, dim: number) => number): Change =>
  (split, { featureDim, head }) => {
    const features = split.features.map((old, at) => value(old, at, featureDim));
    return { ...split, features, logits: logitsOf(features, featureDim, head) };
  };

const spoilt =
  (which: "features" | "logits", value: number): Change =>
  (split) => ({ ...split, [which]: split[which].map((old, at) => (at === split[which].length - 2 ? value : old)) });

const plain = ordinary(3, 8);

/** The first is an ordinary one on which every detector has to have a score. */
export const scenarios: readonly Scenario[] = [
  ordinary(3, 64, 300, 100),
  plain,
  ordinary(1, 8),
  ordinary(2, 8),
  ordinary(12, 4, 30, 15),
  ordinary(3, 1),
  ordinary(3, 8, 3, 3),
  ordinary(3, 8, 1, 1),
  changed(
    "features of rank 2",
    withFeatures((_, at, dim) => Math.floor(at / dim) % ((at % 2) + 2)),
  ),
  changed(
    "constant features",
    withFeatures(() => 1),
  ),
  changed(
    "features of 0",
    withFeatures(() => 0),
  ),
  changed(
    "features of 1e-30",
    withFeatures((old) => old * 1e-30),
  ),
  changed(
    "features of 1e18",
    withFeatures((old) => old * 1e18),
  ),
  changed(
    "features of 1e30",
    withFeatures((old) => old * 1e30),
  ),
  changed(
    "a dead feature",
    withFeatures((old, at, dim) => (at % dim === 3 ? 0 : old)),
  ),
  changed("the same image over and over", (split) =>
    picked(
      split,
      Array.from({ length: split.count }, () => 0),
    ),
  ),
  changed("all logits 0", (split) => ({ ...split, logits: split.logits.map(() => 0) })),
  changed("two logits always tied", (split, { classes }) => ({
    ...split,
    logits: split.logits.map((old, at) => (at % classes === 1 ? (split.logits[at - 1] as number) : old)),
  })),
  changed("logits a thousandfold", (split) => ({ ...split, logits: split.logits.map((old) => old * 1e3) })),
  changed("logits of 1e30", (split) => ({ ...split, logits: split.logits.map((old) => old * 1e30) })),
  changed("no image of class 2", (split) => {
    const rows = Array.from(split.labels.keys()).filter((row) => split.labels[row] !== 2);
    return picked(split, rows);
  }),
  changed("class 2 never predicted", (split, { classes }) => ({
    ...split,
    logits: split.logits.map((old, at) => (at % classes === 2 ? old - 1000 : old)),
  })),
  changed("all labels wrong", (split, { classes }) => ({
    ...split,
    labels: split.labels.map((k) => (k + 1) % classes),
  })),
  changed("no labels", (split) => ({ ...split, labels: split.labels.map(() => -1) })),
  changed("labels beyond the classes", (split) => ({ ...split, labels: split.labels.map((k) => k + 7) })),
  changed("no train and no val image", () => noImages, "fit"),
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].flatMap((value) => [
    changed(`${value} among the fitted features`, spoilt("features", value), "fit"),
    changed(`${value} among the fitted logits`, spoilt("logits", value), "fit"),
  ]),
  {
    ...plain,
    name: "a head of 0",
    input: { ...plain.input, head: { weight: new Float32Array(3 * 8), bias: new Float32Array(3) } },
  },
];
