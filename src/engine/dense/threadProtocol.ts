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

/** Tasks one after the other; all threads wait for each other behind each. */
export interface TaskList {
  readonly tasks: readonly Task[];
  readonly threads: number;
  /** Address of a word per task, 0 at first, that counts its chunks taken. In the memory's first page. */
  readonly counters: number;
  /** Address of the barrier's words. */
  readonly barrier: number;
}

/** Behind a barrier's address: the word that tells waiting threads to give up. */
const STOP = 128;

/** Orders to a kernel thread. It answers each with one reply, in order. */
export type DenseOrder =
  | {
      readonly order: "open";
      readonly space: number;
      readonly module: WebAssembly.Module;
      readonly memory: WebAssembly.Memory;
    }
  | { readonly order: "run"; readonly space: number; readonly task: Task }
  | { readonly order: "list"; readonly space: number; readonly list: TaskList; readonly scratch: number }
  | { readonly order: "close"; readonly space: number };

export type DenseReply = { readonly done: true } | { readonly done: false; readonly error: string };

/** The kernels over one memory. */
export class KernelInstance {
  private readonly exports: WebAssembly.Exports;
  /** The first page: a memory that grows keeps it where it is. */
  private readonly words: Int32Array<ArrayBufferLike>;

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory) {
    this.exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
    this.words = new Int32Array(memory.buffer, 0, 16384);
  }

  /** Lets threads begin a task. */
  rewind(): void {
    Atomics.store(this.words, COUNTER / 4, 0);
  }

  /** Takes chunks until none is left; others may take some meanwhile. */
  run({ calls, items, chunk }: Task, counter: number = COUNTER): void {
    for (;;) {
      const lo = Atomics.add(this.words, counter / 4, 1) * chunk;
      if (lo >= items) return;
      for (const { kernel, args } of calls) this.entry(kernel)(...args, lo, Math.min(lo + chunk, items));
    }
  }

  /** This thread's share of a list; returns when every thread has finished. @param scratch its own work space */
  runList(list: TaskList, scratch: number): void {
    try {
      this.entry("setScratch")(scratch);
      list.tasks.forEach((task, i) => {
        this.run(task, list.counters + 4 * i);
        if (list.threads > 1) this.meet(list);
      });
    } catch (error) {
      Atomics.store(this.words, (list.barrier + STOP) / 4, 1);
      throw error;
    }
  }

  private meet({ barrier, threads }: TaskList): void {
    const outcome: unknown = this.entry("barrier")(barrier, threads);
    if (outcome === 1) throw new Error("stopped, because another kernel thread failed");
    if (outcome === 2) throw new Error("waited ten minutes for another kernel thread");
  }

  private entry(kernel: string): (...args: readonly number[]) => unknown {
    const entry = this.exports[kernel];
    if (typeof entry !== "function") throw new Error(`there is no kernel "${kernel}"`);
    return entry as (...args: readonly number[]) => unknown;
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
      if (order.order === "run") instance.run(order.task);
      else instance.runList(order.list, order.scratch);
    }
  }
}
