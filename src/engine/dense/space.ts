import type { Helpers } from "./helpers.ts";
import { type KernelCall, KernelInstance } from "./threadProtocol.ts";

const PAGE = 65536;
/** Nothing lies at address 0, where kernels look for "none". */
const FIRST = 64;

/** Hands out addresses, one after the other, each at the start of a cache line. */
export class Layout {
  private end = FIRST;

  take(bytes: number): number {
    const address = this.end;
    this.end = Math.ceil((address + bytes) / 64) * 64;
    return address;
  }

  get bytes(): number {
    return this.end;
  }
}

let spaces = 0;

/** A memory of fixed size that the calling thread and its helpers compute in. */
export class Space {
  private readonly id = ++spaces;
  private readonly memory: WebAssembly.Memory;
  private readonly own: KernelInstance;
  private helped = false;

  /** @throws RangeError where there is not so much memory */
  constructor(
    readonly bytes: number,
    private readonly module: WebAssembly.Module,
    private readonly helpers: Helpers,
  ) {
    const pages = Math.ceil(bytes / PAGE);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.own = new KernelInstance(module, this.memory);
  }

  get threads(): number {
    return this.helpers.count + 1;
  }

  floats(address: number, length: number): Float32Array<ArrayBufferLike> {
    return new Float32Array(this.memory.buffer, address, length);
  }

  doubles(address: number, length: number): Float64Array<ArrayBufferLike> {
    return new Float64Array(this.memory.buffer, address, length);
  }

  /** Runs on the calling thread, before it returns. */
  runHere(calls: readonly KernelCall[]): void {
    if (this.helpers.failure) throw this.helpers.failure;
    this.own.run(calls);
  }

  /** Runs each thread's calls, thread 0 being the calling one; resolves when all have finished. */
  async runAll(calls: (thread: number) => readonly KernelCall[]): Promise<void> {
    if (this.helpers.count === 0) {
      this.runHere(calls(0));
      return;
    }
    if (!this.helped) {
      this.helped = true;
      await this.helpers.all(() => ({ order: "open", space: this.id, module: this.module, memory: this.memory }));
    }
    const others = this.helpers.all((helper) => ({ order: "run", space: this.id, calls: calls(helper + 1) }));
    try {
      this.own.run(calls(0));
    } finally {
      await others;
    }
  }

  /** Lets the helpers forget the memory; it is freed with this object. */
  close(): void {
    if (!this.helped || this.helpers.failure) return;
    // A failing order stops the helpers, and the next call says why.
    this.helpers.all(() => ({ order: "close", space: this.id })).catch(() => undefined);
  }
}

/** The part of `items` that is this thread's, as [lo, hi); its bounds are multiples of `unit`, but for the last. */
export function share(items: number, unit: number, thread: number, threads: number): [number, number] {
  const units = Math.ceil(items / unit);
  const bound = (part: number) => Math.min(items, Math.floor((units * part) / threads) * unit);
  return [bound(thread), bound(thread + 1)];
}
