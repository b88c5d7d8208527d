import { searchParams } from "../src/detection/search.ts";
import { plainKernels } from "../src/engine/dense/plain.ts";
import type { EvaluationApi } from "../src/rpc/api.ts";
import { serve } from "../src/rpc/serve.ts";
import { openBenchmark } from "../src/runs/benchmarks.ts";
import { bootstrapCells } from "../src/runs/bootstrapCells.ts";
import { evaluateCell } from "../src/runs/evaluateCell.ts";
import { exportScores } from "../src/runs/exportScores.ts";
import { imageScores, rescore } from "../src/runs/rescore.ts";
import { openTarget } from "../src/runs/scoreTarget.ts";
import { whatIfCell } from "../src/runs/whatIfCell.ts";
import { engineFor } from "./engine.ts";
import { store } from "./store.ts";
import { turn } from "./turns.ts";

/** Scores trained classifiers: one forward pass per checkpoint, every detector from its features and logits. */
serve<EvaluationApi>("evaluation", {
  evaluate: async ({ cell, detectors, request }, { emit, control }) => {
    const opened = await store();
    const benchmark = await openBenchmark(cell.benchmark, opened);
    const engine = await engineFor(request);
    return evaluateCell({
      cell,
      benchmark,
      store: opened,
      engine,
      detectors,
      kernels: plainKernels,
      control,
      emit,
      turn,
    });
  },
  rescore: async ({ target, choices }) =>
    rescore(await openTarget(await store(), target), choices, { kernels: plainKernels }),
  scores: async ({ target, choice }) =>
    imageScores(await openTarget(await store(), target), choice, { kernels: plainKernels }),
  exportScores: async ({ target, choices }) =>
    exportScores(await openTarget(await store(), target), choices, { kernels: plainKernels }),
  bootstrap: async (request, { emit, control }) =>
    bootstrapCells({
      ...request,
      store: await store(),
      kernels: plainKernels,
      turn,
      breathe: () => control.breathe(),
      emit,
    }),
  search: async ({ target, detector }) => {
    const { evaluation, sets, preset, normalisation } = await openTarget(await store(), target);
    return searchParams(evaluation, sets, detector, { preset, normalisation, kernels: plainKernels });
  },
  whatIf: async ({ cell, pool, detector, alphas, request }) => {
    const opened = await store();
    const benchmark = await openBenchmark(cell.benchmark, opened);
    const engine = await engineFor(request);
    return whatIfCell({ cell, pool, detector, alphas, benchmark, store: opened, engine, turn });
  },
});
