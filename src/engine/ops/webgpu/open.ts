import { acquireGpu } from "../../webgpu/gpu.ts";
import type { ImageOps } from "../imageOps.ts";
import { selfTest } from "./selfTest.ts";
import { WebGpuOps } from "./webGpuOps.ts";

/** Operations on this worker's GPU. */
export interface OpenedWebGpuOps {
  readonly ops: ImageOps;
  /** As the browser names it. */
  readonly adapter: string;
  /** true where the adapter computes on the CPU. */
  readonly software: boolean;
}

/** Rejects with BackendRefused where there is no GPU that may be used, or it computes wrongly. */
export async function openWebGpuOps(request: { allowSoftware: boolean }): Promise<OpenedWebGpuOps> {
  const gpu = await acquireGpu(request);
  const ops = new WebGpuOps(gpu);
  try {
    await selfTest(ops);
  } catch (error) {
    ops.dispose();
    throw error;
  }
  return { ops, adapter: gpu.adapter.name, software: gpu.adapter.software };
}
