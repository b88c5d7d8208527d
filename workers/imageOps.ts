import type { BackendRequest } from "../src/engine/backend.ts";
import { EngineKeeper } from "../src/engine/keeper.ts";
import { openBrowserImageOps } from "../src/engine/ops/browser.ts";
import { plainOps } from "../src/engine/ops/plain/plainOps.ts";
import { type ChosenOps, chooseOps } from "../src/engine/ops/select.ts";
import { openWebGpuOps } from "../src/engine/ops/webgpu/open.ts";

const keeper = new EngineKeeper<ChosenOps>((request) =>
  chooseOps(request, {
    webgpu: openWebGpuOps,
    wasm: ({ threads, reproducible }) => openBrowserImageOps({ threads, reproducible }),
    cpu: plainOps,
  }),
);

/** This worker's image operations for a request, opened on first use; those that failed are replaced. */
export function imageOpsFor(request: BackendRequest): Promise<ChosenOps> {
  return keeper.engineFor(request);
}
