import type { BackendRecord } from "../../backend.ts";
import type { Engine, Network, NetworkSpec, Normalisation } from "../../network.ts";
import type { EngineMaker } from "../../select.ts";
import { acquireGpu } from "../gpu.ts";
import { type WebGpuContext, WebGpuNetwork } from "./runtime/network.ts";

/** The maker of this engine for chooseEngine. */
export const webGpuMaker: EngineMaker = ({ allowSoftware }, reason) => createWebGpuEngine({ allowSoftware, reason });

/** Networks as compiled plans of WGSL kernels. Rejects with BackendRefused where there is no GPU that may be used. */
export async function createWebGpuEngine(options: { allowSoftware: boolean; reason?: string }): Promise<Engine> {
  const gpu = await acquireGpu(options);
  const { adapter, device } = gpu;
  const { maxComputeInvocationsPerWorkgroup: threads, maxComputeWorkgroupStorageSize: storage } = device.limits;
  const own = `WebGPU on ${adapter.name}${adapter.software ? ", a software adapter: for tests only" : ""}.`;
  const backend: BackendRecord = {
    name: "webgpu",
    threads: 1,
    adapter: adapter.name,
    software: adapter.software,
    variant: `tiles for ${threads} threads, ${storage / 1024} KiB`,
    reason: `${options.reason ?? ""} ${own}`.trim(),
  };
  return new WebGpuEngine(backend, { backend, gpu, networks: new Set() });
}

class WebGpuEngine implements Engine {
  private disposed = false;

  constructor(
    readonly backend: BackendRecord,
    private readonly context: WebGpuContext,
  ) {}

  get failure(): Error | null {
    return this.context.gpu.faults.failure;
  }

  async createNetwork(
    spec: NetworkSpec,
    options: { maxBatch: number; normalisation: Normalisation },
  ): Promise<Network> {
    if (this.disposed) throw new Error("This engine was disposed.");
    if (!Number.isInteger(options.maxBatch) || options.maxBatch < 1) {
      throw new RangeError(`The largest batch must be at least 1 image, not ${options.maxBatch}.`);
    }
    this.context.gpu.faults.check();
    return new WebGpuNetwork(spec, options, this.context);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const network of this.context.networks) network.dispose();
    this.context.gpu.release();
  }
}
