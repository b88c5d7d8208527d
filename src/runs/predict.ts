import type { Benchmark } from "../data/benchmark.ts";
import { imageBytes } from "../data/imageSet.ts";
import type { Engine } from "../engine/network.ts";
import type { Cell } from "../study/cell.ts";
import { poolOf } from "../study/pool.ts";
import { cellBytes, cellSeconds } from "./cost.ts";
import { probeCell } from "./probe.ts";

export interface Prediction {
  readonly seconds: number;
  readonly bytes: number;
}

/** Time and storage of cells on this engine, from a probe of a few steps of the first one. Pools are counted once. */
export async function predictStudy(cells: readonly Cell[], benchmark: Benchmark, engine: Engine): Promise<Prediction> {
  const first = cells[0];
  if (first === undefined) return { seconds: 0, bytes: 0 };
  const { secondsPerStep } = await probeCell(first, benchmark, engine);
  const pools = new Map<string, number>();
  for (const spec of cells.map(poolOf)) {
    if (spec) pools.set(spec.generator, Math.max(spec.size, pools.get(spec.generator) ?? 0));
  }
  const poolImages = [...pools.values()].reduce((sum, size) => sum + size, 0);
  return {
    seconds: cells.reduce((sum, cell) => sum + cellSeconds(cell, benchmark.info, secondsPerStep), 0),
    bytes: cells.reduce((sum, cell) => sum + cellBytes(cell, benchmark.info), poolImages * imageBytes(benchmark.info)),
  };
}
