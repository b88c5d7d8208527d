import type { BackendRecord } from "../backend.ts";
import type { Engine, Network, NetworkSpec, Normalisation } from "../network.ts";
import { startCpuBackend } from "./head.ts";
import { type WasmContext, WasmNetwork } from "./network.ts";
import { InlineTeam } from "./team.ts";
import { type SpawnThread, ThreadTeam } from "./threadTeam.ts";

/** Which build of the kernels: with fused multiply–add where the processor has it, or with plain SIMD. */
export type Variant = "relaxed" | "simd";

export interface WasmEngineOptions {
  /** Fetches or reads a build of the kernels. */
  readonly loadKernels: (variant: Variant) => Promise<BufferSource>;
  /** Kernel threads, at least 1. */
  readonly threads: number;
  /** Why there are not more of them; "" if there is nothing to say. */
  readonly threadsReason: string;
  /** Starts a kernel thread; null where a shared memory cannot be posted, and then `threads` must be 1. */
  readonly spawnThread: SpawnThread | null;
  /** Plain SIMD even where relaxed SIMD exists: the same bits on every processor. */
  readonly reproducible: boolean;
  /** Why WebAssembly and not a better backend, as a sentence; "" if it was asked for. */
  readonly reason: string;
}

/**
 * The WebAssembly engine: prefers relaxed SIMD, falls back to plain SIMD and says why.
 *
 * @throws Error if the kernels cannot be loaded or this platform has neither SIMD nor shared memories
 */
export async function createWasmEngine(options: WasmEngineOptions): Promise<Engine> {
  const { threads, spawnThread } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new RangeError(`Kernel threads are an integer from 1 to 64, not ${threads}.`);
  }
  if (threads > 1 && !spawnThread)
    throw new Error(`${threads} kernel threads were asked for, but none can be started.`);
  const { module, variant, variantReason } = await chooseKernels(options);
  await startCpuBackend();
  const backend: BackendRecord = {
    name: `wasm-${variant}`,
    threads,
    adapter: "",
    software: false,
    variant: "Winograd F(4×4, 3×3), direct 4×8",
    reason: [options.reason, variantReason, options.threadsReason].filter((sentence) => sentence !== "").join(" "),
  };
  const team = threads > 1 && spawnThread ? new ThreadTeam(threads, spawnThread) : new InlineTeam();
  return new WasmEngine(backend, { backend, team, module, networks: new Set() });
}

class WasmEngine implements Engine {
  private disposed = false;

  constructor(
    readonly backend: BackendRecord,
    private readonly context: WasmContext,
  ) {}

  get failure(): Error | null {
    return this.context.team.failure;
  }

  async createNetwork(
    spec: NetworkSpec,
    options: { maxBatch: number; normalisation: Normalisation },
  ): Promise<Network> {
    if (this.disposed) throw new Error("This engine was disposed.");
    return WasmNetwork.create(spec, options, this.context);
  }

  dispose(): void {
    this.disposed = true;
    for (const network of this.context.networks) network.dispose();
    this.context.team.dispose();
  }
}

interface ChosenKernels {
  readonly module: WebAssembly.Module;
  readonly variant: Variant;
  readonly variantReason: string;
}

async function chooseKernels({ loadKernels, reproducible }: WasmEngineOptions): Promise<ChosenKernels> {
  if (!reproducible) {
    const relaxed = await loadKernels("relaxed");
    if (WebAssembly.validate(relaxed)) {
      return { module: await WebAssembly.compile(relaxed), variant: "relaxed", variantReason: "" };
    }
  }
  const plain = await loadKernels("simd");
  if (!WebAssembly.validate(plain)) {
    throw new Error("This platform's WebAssembly has no SIMD or no threads, which the kernels need. Update it.");
  }
  const variantReason = reproducible
    ? "Plain SIMD, because reproducible bits were asked for."
    : "Plain SIMD, because this platform has no relaxed SIMD.";
  return { module: await WebAssembly.compile(plain), variant: "simd", variantReason };
}
