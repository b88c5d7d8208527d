import type { GpuKernel, KernelLimits } from "../kernel.ts";

/** A GPU for tests, in a process of its own. One dispatch at a time. */
export interface TestGpu {
  readonly limits: KernelLimits;
  /**
   * Dispatches `kernel` once for a batch of n on copies of `buffers`, in the order of its bindings, and returns what
   * the buffers it writes hold then; null for the others. Rejects with Dawn's words if the kernel is invalid.
   */
  run(kernel: GpuKernel, n: number, buffers: readonly Uint8Array[]): Promise<(Uint8Array | null)[]>;
  close(): void;
}
