import type { BackendRequest } from "../src/engine/backend.ts";
import type { Engine } from "../src/engine/network.ts";
import { chooseEngine } from "../src/engine/select.ts";
import { tapeMakers } from "../src/engine/tape/tapeEngine.ts";
import { createBrowserWasmEngine } from "../src/engine/wasm/browser.ts";
import { webGpuMaker } from "../src/engine/webgpu/plan/engine.ts";

let opened: { key: string; engine: Promise<Engine> } | null = null;

/** This worker's engine for a request, made on first use; another request closes it and makes another. */
export async function engineFor(request: BackendRequest): Promise<Engine> {
  const key = JSON.stringify(request);
  if (opened?.key === key) return opened.engine;
  const previous = opened;
  const engine = chooseEngine(request, { ...tapeMakers, webgpu: webGpuMaker, wasm: createBrowserWasmEngine });
  opened = { key, engine };
  if (previous) (await previous.engine.catch(() => null))?.dispose();
  engine.catch(() => {
    if (opened?.key === key) opened = null;
  });
  return engine;
}
