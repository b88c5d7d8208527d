import { type KernelJob, Kernels } from "./kernels.ts";
import type { ProgramName } from "./lowering/lowerTrunk.ts";

/** Orders to a kernel thread. It answers each with one reply, in order. */
export type ThreadOrder =
  | {
      readonly order: "load";
      readonly id: number;
      readonly job: KernelJob;
      readonly thread: number;
      readonly threads: number;
    }
  | { readonly order: "run"; readonly id: number; readonly program: ProgramName; readonly n: number }
  | { readonly order: "unload"; readonly id: number };

export type ThreadReply = { readonly done: true } | { readonly done: false; readonly error: string };

/** The kernel thread's side: what a worker script does with each message. */
export class ThreadServer {
  private readonly jobs = new Map<number, Kernels>();

  handle(order: ThreadOrder): ThreadReply {
    try {
      this.obey(order);
      return { done: true };
    } catch (error) {
      return { done: false, error: error instanceof Error ? error.message : String(error) };
    }
  }

  private obey(order: ThreadOrder): void {
    if (order.order === "load") {
      this.jobs.set(order.id, new Kernels(order.job, order.thread, order.threads));
    } else if (order.order === "unload") {
      this.jobs.delete(order.id);
    } else {
      const kernels = this.jobs.get(order.id);
      if (!kernels) throw new Error(`network ${order.id} is not loaded here`);
      kernels.run(order.program, order.n);
    }
  }
}
