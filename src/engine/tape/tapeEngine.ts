import type { BackendRecord } from "../backend.ts";
import type { Engine, Network, NetworkSpec } from "../network.ts";
import type { EngineMaker } from "../select.ts";
import { cpuDevice, gpuDevice, type TapeDevice } from "./device.ts";
import { TapeNetwork, type TapeNetworkOptions } from "./tapeNetwork.ts";

/** The makers of this engine for chooseEngine. */
export const tapeMakers: Record<"tape" | "cpu", EngineMaker> = {
  tape: ({ allowSoftware }, reason) => createTapeEngine({ backend: "webgpu", allowSoftware, reason }),
  cpu: (_request, reason) => createTapeEngine({ backend: "cpu", reason }),
};

export type TapeEngineOptions =
  /** tfjs on the GPU; a software adapter only with `allowSoftware`. */
  | { readonly backend: "webgpu"; readonly allowSoftware: boolean; readonly reason?: string }
  /** tfjs in plain JavaScript, for tests. */
  | { readonly backend: "cpu"; readonly reason?: string };

/** Networks by the tfjs tape. Rejects with BackendRefused where the backend cannot be used. */
export async function createTapeEngine(options: TapeEngineOptions): Promise<Engine> {
  const device = options.backend === "webgpu" ? await gpuDevice(options) : await cpuDevice();
  return new TapeEngine(device, options.reason ?? "");
}

class TapeEngine implements Engine {
  readonly backend: BackendRecord;
  private readonly networks = new Set<TapeNetwork>();
  private disposed = false;

  constructor(
    private readonly device: TapeDevice,
    reason: string,
  ) {
    this.backend = { ...device.record, reason: `${reason} ${device.record.reason}`.trim() };
  }

  get failure(): Error | null {
    return this.device.faults.failure;
  }

  async createNetwork(spec: NetworkSpec, options: TapeNetworkOptions): Promise<Network> {
    if (this.disposed) throw new Error("The engine has been disposed.");
    const { maxBatch } = options;
    if (!Number.isInteger(maxBatch) || maxBatch < 2) {
      throw new RangeError(`The largest batch must be at least 2 images, not ${maxBatch}.`);
    }
    this.device.faults.check();
    const network = new TapeNetwork(spec, this.backend, this.device, options);
    this.networks.add(network);
    return network;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const network of this.networks) network.dispose();
    this.device.close();
  }
}
