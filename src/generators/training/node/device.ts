import { openWasmTrainingOps } from "../../../engine/ops/tape/node/open.ts";
import type { TrainingDevice } from "../differentiate.ts";

/** @param root folder of the repository, where the kernels are built */
export function openTrainingDevice(threads: number, root: URL): Promise<TrainingDevice> {
  return openWasmTrainingOps(threads, new URL("src/engine/ops/build/", root));
}
