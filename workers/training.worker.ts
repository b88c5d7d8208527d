import type { TrainingApi } from "../src/rpc/api.ts";
import { serve } from "../src/rpc/serve.ts";
import { openBenchmark } from "../src/runs/benchmarks.ts";
import { probeCell } from "../src/runs/probe.ts";
import { trainCell } from "../src/runs/trainCell.ts";
import { engineFor } from "./engine.ts";
import { generators } from "./generators.ts";
import { store } from "./store.ts";
import { turn } from "./turns.ts";

/** Trains classifiers. */
serve<TrainingApi>("training", {
  backend: async (request) => (await engineFor(request)).backend,
  probe: async ({ cell, request }) => {
    const benchmark = await openBenchmark(cell.benchmark, await store());
    return turn(async () => probeCell(cell, benchmark, await engineFor(request)));
  },
  train: async ({ cell, request, live }, { emit, control }) => {
    const opened = await store();
    const benchmark = await openBenchmark(cell.benchmark, opened);
    const engine = await engineFor(request);
    const job = {
      cell,
      benchmark,
      store: opened,
      generators: await generators(request),
      engine,
      control,
      emit,
      turn,
      live,
    };
    return { state: await trainCell(job) };
  },
});
