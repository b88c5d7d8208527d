import type { Benchmark, Role, SetInfo } from "../../data/benchmark.ts";
import { type ImageSet, pick } from "../../data/imageSet.ts";
import type { ActivationSet } from "../../detection/evaluation/activationSet.ts";
import { readEvaluation } from "../../detection/evaluation/evaluationCache.ts";
import type { LabelledFeatures } from "../../detection/whatIf/softmaxHead.ts";
import { type WhatIfPoint, whatIf } from "../../detection/whatIf/whatIf.ts";
import type { Engine } from "../../engine/network.ts";
import type { GeneratorContext } from "../../generators/generator.ts";
import type { Store } from "../../storage/store.ts";
import type { Cell } from "../../study/cell.ts";
import { WorkbenchError } from "../../study/errors.ts";
import type { PoolSpec } from "../../study/pool.ts";
import { keys } from "../keys.ts";
import { loadPool } from "../pools/openPool.ts";
import { createCellNetwork, readReported } from "../trainCell.ts";

/** Synthetic images whose features the refitted heads see: enough for a 10-class head, seconds to pass. */
const SYNTHETIC_SAMPLE = 2000;

export interface WhatIfJob {
  /** The trained cell whose features are frozen. */
  readonly cell: Cell;
  readonly pool: PoolSpec;
  readonly detector: string;
  readonly alphas: readonly number[];
  readonly benchmark: Benchmark;
  readonly store: Store;
  readonly generators: GeneratorContext;
  readonly engine: Engine;
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The heads of "what if" over an α grid, from a cell that was trained and evaluated in this store. */
export async function whatIfCell(job: WhatIfJob): Promise<WhatIfPoint[]> {
  const { cell, benchmark, store } = job;
  const { checkpoint } = await readReported(store, cell);
  const evaluation = await readEvaluation(store, keys.activations(cell.id, String(checkpoint.step)));
  if (evaluation === undefined) {
    throw new WorkbenchError("not-evaluated", `The cell "${cell.id}" has no stored features. Run it here first.`);
  }
  const { sets } = benchmark.info;
  const of = (match: (set: SetInfo) => boolean): ActivationSet[] =>
    sets.filter(match).flatMap((set) => evaluation.sets.get(set.name) ?? []);
  const features = (set: ActivationSet): Promise<Float32Array> => set.readFeatures(0, set.count);
  const id = async (role: Role): Promise<LabelledFeatures> => {
    const set = of((info) => info.group === "id" && info.role === role)[0] as ActivationSet;
    return { count: set.count, labels: set.labels, features: await features(set) };
  };
  const ood = (group: "near" | "far"): Promise<Float32Array[]> =>
    Promise.all(of((set) => set.group === group && set.role === "test").map(features));
  const synthetic = await poolSample(job);
  const network = await createCellNetwork(job.engine, benchmark, cell);
  try {
    await network.importState(checkpoint.state);
    const sampled = await job.turn(() => network.forward(synthetic.images, synthetic.count));
    const input = {
      featureDim: evaluation.featureDim,
      classes: evaluation.classes,
      head: evaluation.head,
      real: await id("train"),
      synthetic: { count: synthetic.count, features: sampled.features, labels: synthetic.labels },
      id: (await id("test")).features,
      near: await ood("near"),
      far: await ood("far"),
      weightDecay: cell.recipe.weightDecay,
    };
    return whatIf(input, job.alphas, { name: job.detector });
  } finally {
    network.dispose();
  }
}

async function poolSample({ generators, benchmark, pool }: WhatIfJob): Promise<ImageSet> {
  const images = await loadPool(generators, benchmark, { ...pool, size: Math.min(pool.size, SYNTHETIC_SAMPLE) });
  return pick(
    images,
    Array.from({ length: images.count }, (_, i) => i),
  );
}
