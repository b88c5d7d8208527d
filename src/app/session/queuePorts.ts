import type { BackendRequest } from "../../engine/backend.ts";
import type { RunPorts } from "../../runs/queue.ts";
import type { Cell } from "../../study/cell.ts";
import type { Workers } from "./workers.ts";

/** The queue's jobs, each in its worker. */
export function workerPorts(
  { generator, training, evaluation }: Workers,
  request: BackendRequest,
  detectorsOf: (cell: Cell) => string[],
): RunPorts {
  return {
    fillPool: (spec, emit) => generator.call("fillPool", { spec, form: null, request }, emit),
    train: async (cell, live, emit) => (await training.call("train", { cell, request, live }, emit)).state,
    evaluate: (cell, emit) => evaluation.call("evaluate", { cell, detectors: detectorsOf(cell), request }, emit),
    control: (command, alpha) => {
      for (const client of [generator, training, evaluation]) client.control(command, alpha);
    },
  };
}
