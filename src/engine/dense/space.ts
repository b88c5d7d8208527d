import type { Helpers } from "./helpers.ts";
import { KernelInstance, type Task } from "./threadProtocol.ts";

const PAGE = 65536;
/** The line before holds the counter of chunks. */
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
  runHere(task: Task): void {
    if (this.helpers.failure) throw this.helpers.failure;
    this.own.rewind();
    this.own.run(task);
  }

  /** Shares a task among all threads, thread 0 being the calling one; resolves when it is done. */
  async runAll(task: (thread: number) => Task): Promise<void> {
    if (this.helpers.count === 0) {
      this.runHere(task(0));
      return;
    }
    if (!this.helped) {
      this.helped = true;
      await this.helpers.all(() => ({ order: "open", space: this.id, module: this.module, memory: this.memory }));
    }
    this.own.rewind();
    const others = this.helpers.all((helper) => ({ order: "run", space: this.id, task: task(helper + 1) }));
    try {
      this.own.run(task(0));
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
