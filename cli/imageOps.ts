import { createRequire } from "node:module";
import type { BackendRequest } from "../src/engine/backend.ts";
import { openNodeImageOps } from "../src/engine/ops/node/open.ts";
import { plainOps } from "../src/engine/ops/plain/plainOps.ts";
import { type ChosenOps, chooseOps } from "../src/engine/ops/select.ts";
import { openWebGpuOps } from "../src/engine/ops/webgpu/open.ts";
import { installGpu } from "./engine.ts";

/** The kernels as scripts/build-kernels.mjs leaves them, seen from dist-cli/ and from cli/. */
const build = new URL("../src/engine/ops/build/", import.meta.url);

/** The image operations for a request, in Node. WebGPU comes from Dawn, where the npm package `webgpu` is installed. */
export function openImageOps(request: BackendRequest): Promise<ChosenOps> {
  // tfjs asks for `require` where it finds itself in Node, and an ES module has none.
  Object.assign(globalThis, { require: createRequire(import.meta.url) });
  return chooseOps(request, {
    webgpu: async (wanted) => {
      await installGpu();
      return openWebGpuOps(wanted);
    },
    wasm: ({ threads, reproducible }) => openNodeImageOps({ threads, reproducible }, build),
    cpu: plainOps,
  });
}
