import type { Benchmark } from "../data/benchmark.ts";
import type { Engine } from "../engine/network.ts";
import { initialState } from "../networks/init.ts";
import type { Cell } from "../study/cell.ts";
import { drawAugmentation, gatherBatch } from "../training/batch.ts";
import { trainingMethod } from "../training/methods/registry.ts";
import { loadRealImages } from "./benchmarks.ts";
import { createCellNetwork } from "./trainCell.ts";

const WARM_UP = 2;
const TIMED = 6;

/** Times a few real steps of the cell on this machine and throws the network away. */
export async function probeCell(cell: Cell, benchmark: Benchmark, engine: Engine): Promise<{ secondsPerStep: number }> {
  const real = await loadRealImages(benchmark, cell.recipe.realCount);
  const network = await createCellNetwork(engine, benchmark, cell);
  try {
    await network.importState(initialState(network.spec, cell.seed));
    const { loss } = trainingMethod(cell.method);
    const hyper = { lr: 0.001, momentum: cell.recipe.momentum, weightDecay: cell.recipe.weightDecay };
    const count = Math.min(cell.recipe.batch, real.count);
    const members = Int32Array.from({ length: count }, (_, i) => i);
    let started = 0;
    for (let step = 0; step < WARM_UP + TIMED; step++) {
      if (step === WARM_UP) started = performance.now();
      const batch = gatherBatch({ members, real: count, synthetic: 0 }, real, null);
      await network.trainStep({ ...batch, augmentation: drawAugmentation(0, step, count) }, loss, hyper);
    }
    return { secondsPerStep: (performance.now() - started) / 1000 / TIMED };
  } finally {
    network.dispose();
  }
}
