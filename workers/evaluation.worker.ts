import type { BackendRequest } from "../src/engine/backend.ts";
import type { EvaluationApi } from "../src/rpc/api.ts";
import { type CallContext, serve } from "../src/rpc/serve.ts";
import { openBenchmark } from "../src/runs/benchmarks.ts";
import { bootstrapCells } from "../src/runs/evaluation/bootstrapCells.ts";
import { evaluateCell } from "../src/runs/evaluation/evaluateCell.ts";
import { exportScores } from "../src/runs/evaluation/exportScores.ts";
import { OpenedEvaluations } from "../src/runs/evaluation/openedEvaluations.ts";
import { openScored, rescore, type ScoreContext, search } from "../src/runs/evaluation/rescore.ts";
import { targetScores } from "../src/runs/evaluation/targetScores.ts";
import { whatIfCell } from "../src/runs/evaluation/whatIfCell.ts";
import { compareWithReal } from "../src/runs/fidelity/fidelityJob.ts";
import { deleteFidelity, fidelities } from "../src/runs/fidelity/fidelityRecords.ts";
import { exportImportedScores } from "../src/runs/imports/exportImportedScores.ts";
import { importEvaluation } from "../src/runs/imports/importEvaluation.ts";
import { deleteImportedEvaluation, importedEvaluations } from "../src/runs/imports/importedEvaluations.ts";
import { inspectImport } from "../src/runs/imports/inspectImport.ts";
import { engineFor } from "./engine.ts";
import { generators } from "./generators.ts";
import { imageOpsFor } from "./imageOps.ts";
import { kernelsFor } from "./kernels.ts";
import { store } from "./store.ts";
import { turn } from "./turns.ts";

/** Scored again and again while a value changes. */
const openedEvaluations = new OpenedEvaluations();

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
      generators: await generators(request),
      engine,
      detectors,
      kernels: await kernelsFor(request),
      control,
      emit,
      turn,
    });
  },
  rescore: async ({ target, choices, request }, context) => rescore(target, choices, await scoring(request, context)),
  scores: async ({ target, choice, request }, context) => targetScores(target, choice, await scoring(request, context)),
  exportScores: async ({ target, choices, request }, context) => {
    const given = await exportImportedScores(await store(), target);
    if (given !== null) return given;
    const { kernels, ...rest } = await scoring(request, context);
    return exportScores(await openScored(target, choices, { kernels, ...rest }, ["test"]), choices, { kernels });
  },
  bootstrap: async ({ request, ...wanted }, context) =>
    bootstrapCells({ ...wanted, ...(await scoring(request, context)) }),
  inspectImport: ({ files }) => inspectImport(files),
  importEvaluation: async ({ files, options, request }, context) =>
    importEvaluation(files, options, await scoring(request, context)),
  importedEvaluations: async () => importedEvaluations(await store()),
  deleteEvaluation: async (id) => {
    await deleteImportedEvaluation(await store(), id);
    return null;
  },
  fidelity: async ({ request, ...wanted }, { emit, control }) =>
    compareWithReal({
      request: wanted,
      benchmark: await openBenchmark(wanted.pool.benchmark, await store()),
      generators: await generators(request),
      engine: () => engineFor(request),
      ops: async () => (await imageOpsFor(request)).ops,
      kernels: await kernelsFor(request),
      control,
      emit,
      turn,
    }),
  fidelities: async () => fidelities(await store()),
  deleteFidelity: async (id) => {
    await deleteFidelity(await store(), id);
    return null;
  },
  search: async ({ target, detector, request }, context) => search(target, detector, await scoring(request, context)),
  whatIf: async ({ cell, pool, detector, alphas, request }) => {
    const opened = await store();
    const benchmark = await openBenchmark(cell.benchmark, opened);
    const engine = await engineFor(request);
    return whatIfCell({
      cell,
      pool,
      detector,
      alphas,
      benchmark,
      store: opened,
      generators: await generators(request),
      engine,
      turn,
    });
  },
});

/** What re-scores run with; the engine only where a detector looks through the network. */
async function scoring(request: BackendRequest, { emit, control }: CallContext): Promise<ScoreContext> {
  return {
    store: await store(),
    engine: () => engineFor(request),
    kernels: await kernelsFor(request),
    opened: openedEvaluations,
    control,
    emit,
    turn,
  };
}
