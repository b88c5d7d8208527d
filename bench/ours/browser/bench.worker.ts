import { expose } from "comlink";
import type { Engine } from "../../../src/engine/network.ts";
import { createTapeEngine } from "../../../src/engine/tape/tapeEngine.ts";
import { createBrowserWasmEngine } from "../../../src/engine/wasm/browser.ts";
import { createWebGpuEngine } from "../../../src/engine/webgpu/plan/engine.ts";
import type { Contestant } from "../../measure/contestant.ts";
import type { EngineRequest } from "../engines.ts";
import { type NetworkWork, networkContestant } from "../networkContestant.ts";

const contestants = new Map<number, Contestant>();
let handles = 0;

/** The bench inside a browser: opens engines and lets them work on command. */
export const benchWorker = {
  facts: () => ({ isolated: globalThis.crossOriginIsolated, threads: navigator.hardwareConcurrency }),

  /** Name of the GPU adapter, "" for WebAssembly; rejects where the backend does not work here. */
  async probe(request: EngineRequest): Promise<string> {
    const engine = await openEngine(request);
    engine.dispose();
    return engine.backend.adapter;
  },

  async open(request: EngineRequest, work: NetworkWork, device: string): Promise<{ handle: number; threads: number }> {
    const engine = await openEngine(request);
    const names = { device: engine.backend.adapter || device, name: request.backend };
    const contestant = await networkContestant(engine, work, names);
    contestants.set(++handles, contestant);
    return { handle: handles, threads: contestant.threads };
  },

  turn: (handle: number, times: number): Promise<number> => contestant(handle).turn(times),

  async close(handle: number): Promise<void> {
    await contestant(handle).close();
    contestants.delete(handle);
  },
};

export type BenchWorker = typeof benchWorker;

function contestant(handle: number): Contestant {
  const found = contestants.get(handle);
  if (!found) throw new Error(`There is no contestant ${handle}.`);
  return found;
}

async function openEngine({ backend, threads, software }: EngineRequest): Promise<Engine> {
  switch (backend) {
    case "wasm-relaxed":
    case "wasm-simd": {
      const engine = await createBrowserWasmEngine({ threads, reproducible: backend === "wasm-simd" }, "");
      if (engine.backend.name === backend) return engine;
      engine.dispose();
      throw new Error(`this browser only has ${engine.backend.name}`);
    }
    case "tape":
      return createTapeEngine({ backend: "webgpu", allowSoftware: software });
    case "webgpu":
      return createWebGpuEngine({ allowSoftware: software });
  }
}

expose(benchWorker);
