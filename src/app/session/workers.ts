import type { EvaluationApi, GeneratorApi, TrainingApi } from "../../rpc/api.ts";
import { WorkerClient } from "../../rpc/client.ts";

/** The three workers, each started when first called. */
export interface Workers {
  readonly generator: WorkerClient<GeneratorApi>;
  readonly training: WorkerClient<TrainingApi>;
  readonly evaluation: WorkerClient<EvaluationApi>;
}

export function startWorkers(): Workers {
  return {
    generator: new WorkerClient(
      "generator",
      () => new Worker(new URL("../../../workers/generator.worker.ts", import.meta.url), { type: "module" }),
    ),
    training: new WorkerClient(
      "training",
      () => new Worker(new URL("../../../workers/training.worker.ts", import.meta.url), { type: "module" }),
    ),
    evaluation: new WorkerClient(
      "evaluation",
      () => new Worker(new URL("../../../workers/evaluation.worker.ts", import.meta.url), { type: "module" }),
    ),
  };
}
