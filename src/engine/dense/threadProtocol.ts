/** One call of an exported kernel; addresses and counts as its arguments. */
export interface KernelCall {
  readonly kernel: string;
  readonly args: readonly number[];
}

/** Orders to a kernel thread. It answers each with one reply, in order. */
export type DenseOrder =
  | {
      readonly order: "open";
      readonly space: number;
      readonly module: WebAssembly.Module;
      readonly memory: WebAssembly.Memory;
    }
  | { readonly order: "run"; readonly space: number; readonly calls: readonly KernelCall[] }
  | { readonly order: "close"; readonly space: number };

export type DenseReply = { readonly done: true } | { readonly done: false; readonly error: string };

/** The kernels over one memory. */
export class KernelInstance {
  private readonly exports: WebAssembly.Exports;

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory) {
    this.exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  }

  run(calls: readonly KernelCall[]): void {
    for (const { kernel, args } of calls) {
      const entry = this.exports[kernel];
      if (typeof entry !== "function") throw new Error(`there is no kernel "${kernel}"`);
      entry(...args);
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
      instance.run(order.calls);
    }
  }
}
