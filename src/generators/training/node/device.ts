import { plainOps } from "../../../engine/ops/plain/plainOps.ts";
import { plainGradients } from "../../../engine/ops/tape/plainGradients.ts";
import type { TrainingDevice } from "../differentiate.ts";

export async function openTrainingDevice(_threads: number, _root: URL): Promise<TrainingDevice> {
  const ops = plainOps();
  return { ops, gradients: plainGradients(ops) };
}
