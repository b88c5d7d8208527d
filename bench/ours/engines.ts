import { createRequire } from "node:module";
import type { Engine } from "../../src/engine/network.ts";
import { createTapeEngine } from "../../src/engine/tape/tapeEngine.ts";
import { createNodeWasmEngine } from "../../src/engine/wasm/node/engine.ts";
import { createWebGpuEngine } from "../../src/engine/webgpu/plan/engine.ts";
import type { Backend } from "../options.ts";

export interface EngineRequest {
  readonly backend: Backend;
  readonly threads: number;
  /** Accept a software GPU adapter. */
  readonly software: boolean;
}

/**
 * An engine in Node by the name of its backend, never another one in its place.
 *
 * @param root the checkout, as a URL with a trailing slash
 * @throws Error whose message completes the sentence "wasm-relaxed: …"
 */
export async function openNodeEngine({ backend, threads, software }: EngineRequest, root: URL): Promise<Engine> {
  // tfjs asks for `require` where it finds itself in Node, and an ES module has none.
  Object.assign(globalThis, { require: createRequire(import.meta.url) });
  switch (backend) {
    case "wasm-relaxed":
    case "wasm-simd": {
      const kernels = new URL("src/engine/wasm/build/", root);
      return named(
        backend,
        await createNodeWasmEngine({ threads, reproducible: backend === "wasm-simd" }, "", kernels),
      );
    }
    case "tape":
      await installGpu();
      return createTapeEngine({ backend: "webgpu", allowSoftware: software });
    case "webgpu":
      await installGpu();
      return createWebGpuEngine({ allowSoftware: software });
  }
}

/** The engine, if it is what was asked for: without relaxed SIMD the wasm engine falls back to plain SIMD. */
function named(backend: Backend, engine: Engine): Engine {
  if (engine.backend.name === backend) return engine;
  engine.dispose();
  throw new Error(`this platform only has ${engine.backend.name}`);
}

let installed = false;

/** Gives this Node a WebGPU, once. @throws Error where Dawn cannot be loaded */
export async function installGpu(): Promise<void> {
  if (installed) return;
  try {
    const { installDawn } = await import("../../src/engine/webgpu/node/dawn.ts");
    installDawn();
    installed = true;
  } catch (cause) {
    throw new Error("the npm package webgpu (Dawn) cannot be loaded here", { cause });
  }
}
