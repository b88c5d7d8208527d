import type { Benchmark } from "../../data/benchmark.ts";
import type { ImageSet } from "../../data/imageSet.ts";
import type { Activations } from "../../detection/detector.ts";
import { detectorByName } from "../../detection/registry.ts";
import { plainKernels } from "../../engine/dense/plain.ts";
import type { Network } from "../../engine/network.ts";
import { accuracy, predictions } from "../../metrics/accuracy.ts";
import { auroc } from "../../metrics/oodMetrics.ts";
import { groupMean } from "../../metrics/spread.ts";
import type { Validation } from "../../training/loop.ts";

/** Detectors drawn over the epochs: those that need no pass over the train set. */
const HISTORY_DETECTORS = ["msp", "ebo", "mls"];

interface ValidationSets {
  readonly id: ImageSet;
  readonly near: readonly ImageSet[];
  readonly far: readonly ImageSet[];
}

/**
 * Measures a network in mid-training on the validation sets, and on nothing else: what a run shows over its epochs
 * must not be a look at the test sets.
 */
export async function validator(
  benchmark: Benchmark,
  network: Network,
): Promise<(ood: boolean) => Promise<Validation>> {
  const sets = await loadValidationSets(benchmark);
  const classes = benchmark.info.classNames.length;
  const activate = async (set: ImageSet): Promise<Activations> => {
    const { features, logits } = await network.forward(set.images, set.count);
    return { count: set.count, features, logits, labels: set.labels };
  };
  return async (ood) => {
    const id = await activate(sets.id);
    const valAccuracy = accuracy(predictions(id.logits, classes), id.labels);
    if (!ood) return { valAccuracy, valAuroc: null };
    // One after the other: a network takes one call at a time.
    const near: Activations[] = [];
    for (const set of sets.near) near.push(await activate(set));
    const far: Activations[] = [];
    for (const set of sets.far) far.push(await activate(set));
    const valAuroc: Record<string, { near: number | null; far: number | null }> = {};
    for (const name of HISTORY_DETECTORS) {
      const detector = detectorByName(name);
      // These detectors fit nothing; the input is what the contract asks for.
      const head = { weight: new Float32Array(), bias: new Float32Array() };
      const input = { featureDim: network.featureDim, classes, train: id, val: id, head };
      const { score } = await detector.fit(input, detector.presets.paper, plainKernels);
      const idScores = await score(id);
      const mean = async (group: readonly Activations[]): Promise<number | null> => {
        const aurocs: number[] = [];
        for (const set of group) aurocs.push(auroc(idScores, await score(set)));
        return groupMean(aurocs);
      };
      valAuroc[name] = { near: await mean(near), far: await mean(far) };
    }
    return { valAccuracy, valAuroc };
  };
}

async function loadValidationSets(benchmark: Benchmark): Promise<ValidationSets> {
  const of = (group: string): Promise<ImageSet[]> =>
    Promise.all(
      benchmark.info.sets
        .filter((set) => set.role === "val" && set.group === group)
        .map((set) => benchmark.load(set.name)),
    );
  return { id: await benchmark.load("id_val"), near: await of("near"), far: await of("far") };
}
