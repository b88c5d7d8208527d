import type { ProgramName } from "./lowering/lowerTrunk.ts";
import { type KernelName, type Program, type ResolvedCall, resolve } from "./lowering/program.ts";

type Kernel = (...args: readonly number[]) => void;
type Barrier = (control: number, threads: number) => number;

/** Everything a thread needs to run a trunk's programs. Can be posted to a worker. */
export interface KernelJob {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly programs: Readonly<Record<ProgramName, Program>>;
  /** Address of the barrier words. */
  readonly control: number;
}

/** One thread's share of a trunk's programs. */
export class Kernels {
  private readonly exports: WebAssembly.Exports;
  private readonly lists = new Map<string, ResolvedCall[][]>();

  constructor(
    private readonly job: KernelJob,
    private readonly thread: number,
    private readonly threads: number,
  ) {
    this.exports = new WebAssembly.Instance(job.module, { env: { memory: job.memory } }).exports;
  }

  /** Runs this thread's part for a batch of n images; returns when every thread has finished. */
  run(program: ProgramName, n: number): void {
    const { threads } = this;
    const kernels = this.exports as unknown as Record<KernelName, Kernel>;
    const { barrier } = this.exports as unknown as { barrier: Barrier };
    for (const phase of this.list(program, n)) {
      for (const { kernel, args } of phase) kernels[kernel](...args);
      if (threads === 1) continue;
      const outcome = barrier(this.job.control, threads);
      if (outcome === 1) throw new Error("stopped, because another kernel thread failed");
      if (outcome === 2) throw new Error("waited ten minutes for another kernel thread");
    }
  }

  private list(program: ProgramName, n: number): ResolvedCall[][] {
    const key = `${program} ${n}`;
    let list = this.lists.get(key);
    if (!list) {
      list = resolve(this.job.programs[program], this.thread, this.threads, n);
      this.lists.set(key, list);
    }
    return list;
  }
}
