import { type KernelJob, Kernels } from "./kernels.ts";
import type { ProgramName } from "./lowering/lowerTrunk.ts";

/** Runs programs of loaded trunks, on one thread or many. Runs go one after the other. */
export interface KernelTeam {
  readonly threads: number;
  /** Why no run will succeed any more; null while all is well. */
  readonly failure: Error | null;
  load(id: number, job: KernelJob): Promise<void>;
  /** Rejects if a kernel thread failed, now or before. */
  run(id: number, program: ProgramName, n: number): Promise<void>;
  unload(id: number): void;
  dispose(): void;
}

/** One thread: the caller's own. */
export class InlineTeam implements KernelTeam {
  readonly threads = 1;
  readonly failure = null;
  private readonly jobs = new Map<number, Kernels>();

  async load(id: number, job: KernelJob): Promise<void> {
    this.jobs.set(id, new Kernels(job, 0, 1));
  }

  async run(id: number, program: ProgramName, n: number): Promise<void> {
    const kernels = this.jobs.get(id);
    if (!kernels) throw new Error("This network is not loaded: its engine was disposed.");
    kernels.run(program, n);
  }

  unload(id: number): void {
    this.jobs.delete(id);
  }

  dispose(): void {
    this.jobs.clear();
  }
}
