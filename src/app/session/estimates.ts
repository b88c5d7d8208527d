import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { BackendRequest } from "../../engine/backend.ts";
import { cellBytes, cellSeconds } from "../../runs/cost.ts";
import type { Cell } from "../../study/cell.ts";
import type { Estimate } from "./session.ts";
import type { Workers } from "./workers.ts";

/** A probe of six steps is not the whole run: tabs, heat and other jobs move the speed by this much. */
const SPREAD: readonly [number, number] = [0.8, 1.5];

/** Predicts what cells cost, from a probe that is taken once per network size and batch. */
export class Estimator {
  private readonly probes = new Map<string, Promise<number>>();

  constructor(
    private readonly training: Workers["training"],
    private readonly request: BackendRequest,
  ) {}

  async estimate(cells: readonly Cell[], benchmarks: readonly BenchmarkInfo[]): Promise<Estimate> {
    let seconds = 0;
    let bytes = 0;
    for (const cell of cells) {
      const info = benchmarks.find((benchmark) => benchmark.id === cell.benchmark);
      if (info === undefined) throw new Error(`The benchmark "${cell.benchmark}" is not here.`);
      seconds += cellSeconds(cell, info, await this.secondsPerStep(cell));
      bytes += cellBytes(cell, info);
    }
    return { cells: cells.length, seconds: [seconds * SPREAD[0], seconds * SPREAD[1]], bytes };
  }

  private secondsPerStep(cell: Cell): Promise<number> {
    const key = `${cell.benchmark} ${cell.network} ${cell.width} ${cell.recipe.batch}`;
    let probe = this.probes.get(key);
    if (probe === undefined) {
      probe = this.training.call("probe", { cell, request: this.request }).then((result) => result.secondsPerStep);
      probe.catch(() => this.probes.delete(key));
      this.probes.set(key, probe);
    }
    return probe;
  }
}
