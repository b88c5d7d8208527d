import { createRequire } from "node:module";
import type { BackendRequest } from "../src/engine/backend.ts";
import type { Engine } from "../src/engine/network.ts";
import { chooseEngine, type EngineMaker } from "../src/engine/select.ts";
import { BackendRefused } from "../src/engine/selectErrors.ts";
import { tapeMakers } from "../src/engine/tape/tapeEngine.ts";
import { createNodeWasmEngine } from "../src/engine/wasm/node/engine.ts";
import { webGpuMaker } from "../src/engine/webgpu/plan/engine.ts";

/** The kernels as scripts/build-kernels.mjs leaves them, seen from dist-cli/. */
const kernels = new URL("../src/engine/wasm/build/", import.meta.url);

/** The engine for a request, in Node. WebGPU comes from Dawn, where the npm package `webgpu` is installed. */
export function openEngine(request: BackendRequest): Promise<Engine> {
  // tfjs asks for `require` where it finds itself in Node, and an ES module has none.
  Object.assign(globalThis, { require: createRequire(import.meta.url) });
  return chooseEngine(request, {
    webgpu: onDawn(webGpuMaker),
    tape: onDawn(tapeMakers.tape),
    cpu: tapeMakers.cpu,
    wasm: (wanted, reason) => createNodeWasmEngine(wanted, reason, kernels),
  });
}

function onDawn(make: EngineMaker): EngineMaker {
  return async (wanted, reason) => {
    await installGpu();
    return make(wanted, reason);
  };
}

/** Gives this process a WebGPU. Rejects with BackendRefused where there is none. */
export async function installGpu(): Promise<void> {
  try {
    const { installDawn } = await import("../src/engine/webgpu/node/dawn.ts");
    installDawn();
  } catch (cause) {
    throw new BackendRefused("the npm package webgpu (Dawn) cannot be loaded here", { cause });
  }
}
