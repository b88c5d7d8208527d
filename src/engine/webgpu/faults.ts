/**
 * The GPU stopped being trustworthy: the device was lost or refused a command. Everything computed since the last
 * checkpoint is void; no later call on this device succeeds.
 */
export class GpuFault extends Error {
  constructor(
    readonly kind: "lost" | "rejected",
    detail: string,
  ) {
    const what = kind === "lost" ? "The GPU device was lost" : "The GPU rejected a command";
    const why = detail.trim().replace(/\.?$/, ".") || "The browser gave no reason.";
    super(`${what}: ${why} Results since the last checkpoint are void; start again from it, or choose WebAssembly.`);
    this.name = "GpuFault";
  }
}

/** Turns what would be silence or a hang into rejections. */
export interface Faults {
  /** The first fault, if one happened. */
  readonly failure: Error | null;
  /** Throws the first fault, if one happened. */
  check(): void;
  /** `work`, or a rejection as soon as a fault happens. Checks again when `work` is done. */
  during<T>(work: Promise<T>): Promise<T>;
}

/** For backends that cannot fail behind our back. */
export const noFaults: Faults = { failure: null, check: () => {}, during: (work) => work };

/**
 * Watches a device. WebGPU reports validation errors and device loss only by events: the command buffer is dropped,
 * later calls do nothing, and a run would end "complete" with garbage.
 */
export class GpuFaults implements Faults {
  private first: Error | null = null;
  private readonly pending = new Set<(fault: Error) => void>();

  constructor(private readonly device: GPUDevice) {
    device.addEventListener("uncapturederror", (event) => this.fail(new GpuFault("rejected", event.error.message)));
    void device.lost.then((info) => this.fail(new GpuFault("lost", info.message || `reason "${info.reason}"`)));
  }

  get failure(): Error | null {
    return this.first;
  }

  /** Records the first fault and rejects everything that waits. Later faults are consequences and are ignored. */
  fail(fault: Error): void {
    if (this.first) return;
    this.first = fault;
    for (const reject of this.pending) reject(fault);
    this.pending.clear();
  }

  check(): void {
    if (this.first) throw this.first;
  }

  during<T>(work: Promise<T>): Promise<T> {
    // Not Promise.race: racing against one long-lived promise keeps every result of the run in memory.
    return new Promise((resolve, reject) => {
      const first = this.first;
      if (first) {
        work.catch(() => {});
        reject(first);
        return;
      }
      this.pending.add(reject);
      work
        .then(
          (value) => (this.first ? reject(this.first) : resolve(value)),
          (error: unknown) => this.explain(error).then(reject),
        )
        .finally(() => this.pending.delete(reject));
    });
  }

  /** Reads of a lost device are rejected a moment before the loss itself is reported. */
  private async explain(error: unknown): Promise<unknown> {
    if (!this.first) await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, 500))]);
    return this.first ?? error;
  }
}
