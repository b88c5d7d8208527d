import type { BackendRequest } from "../src/engine/backend.ts";
import { EngineKeeper } from "../src/engine/keeper.ts";
import type { Engine } from "../src/engine/network.ts";
import { chooseEngine } from "../src/engine/select.ts";
import { tapeMakers } from "../src/engine/tape/tapeEngine.ts";
import { createBrowserWasmEngine } from "../src/engine/wasm/browser.ts";
import { webGpuMaker } from "../src/engine/webgpu/plan/engine.ts";

const keeper = new EngineKeeper((request) =>
  chooseEngine(request, { ...tapeMakers, webgpu: webGpuMaker, wasm: createBrowserWasmEngine }),
);

/** This worker's engine for a request. */
export function engineFor(request: BackendRequest): Promise<Engine> {
  return keeper.engineFor(request);
}
