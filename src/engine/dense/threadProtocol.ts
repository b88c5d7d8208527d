/** A call of an exported kernel: addresses and counts as its arguments, then the items that it is to compute. */
export interface KernelCall {
  readonly kernel: string;
  readonly args: readonly number[];
}

/** Kernels that each item goes through, one after the other. Threads take the next `chunk` of items as they get done. */
export interface Task {
  readonly calls: readonly KernelCall[];
  readonly items: number;
  readonly chunk: number;
}

/** Address of the word that counts the chunks taken. */
export const COUNTER = 0;

/** Orders to a kernel thread. It answers each with one reply, in order. */
export type DenseOrder =
  | {
      readonly order: "open";
      readonly space: number;
      readonly module: WebAssembly.Module;
      readonly memory: WebAssembly.Memory;
    }
  | { readonly order: "run"; readonly space: number; readonly task: Task }
  | { readonly order: "close"; readonly space: number };

export type DenseReply = { readonly done: true } | { readonly done: false; readonly error: string };

/** The kernels over one memory. */
export class KernelInstance {
  private readonly exports: WebAssembly.Exports;
  private readonly counter: Int32Array<ArrayBufferLike>;

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory) {
    this.exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
    this.counter = new Int32Array(memory.buffer, COUNTER, 1);
  }

  /** Lets threads begin a task. */
  rewind(): void {
    Atomics.store(this.counter, 0, 0);
  }

  /** Takes chunks until none is left; others may take some meanwhile. */
  run({ calls, items, chunk }: Task): void {
    for (;;) {
      const lo = Atomics.add(this.counter, 0, 1) * chunk;
      if (lo >= items) return;
      for (const { kernel, args } of calls) {
        const entry = this.exports[kernel];
        if (typeof entry !== "function") throw new Error(`there is no kernel "${kernel}"`);
        entry(...args, lo, Math.min(lo + chunk, items));
      }
    }
  }
}

/** The kernel thread's side: what a worker script does with each message. */
export class DenseServer {
  private readonly spaces = new Map<number, KernelInstance>();

  handle(order: DenseOrder): DenseReply {
    try {
      this.obey(order);
      return { done: true };
    } catch (error) {
      return { done: false, error: error instanceof Error ? error.message : String(error) };
    }
  }

  private obey(order: DenseOrder): void {
    if (order.order === "open") {
      this.spaces.set(order.space, new KernelInstance(order.module, order.memory));
    } else if (order.order === "close") {
      this.spaces.delete(order.space);
    } else {
      const instance = this.spaces.get(order.space);
      if (instance === undefined) throw new Error(`memory ${order.space} is not open here`);
      instance.run(order.task);
    }
  }
}
