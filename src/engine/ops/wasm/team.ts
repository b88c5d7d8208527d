import { type HelperPort, Helpers } from "../../dense/helpers.ts";
import { KernelInstance, type Task, type TaskList } from "../../dense/threadProtocol.ts";

/** The only memory of these threads. */
const SPACE = 1;
/** How long the calling thread computes before it lets others have a turn, where it has no helpers; in ms. */
const TURN = 30;

/** What runs lists of tasks: threads of its own, so that the calling one stays free, or else the calling one in turns. */
export class Team {
  private readonly helpers: Helpers;
  private readonly own: KernelInstance | null;
  private opened = false;

  /** @param spawn starts a thread; null where a shared memory cannot be posted, and then `threads` must be 1 */
  constructor(
    readonly threads: number,
    private readonly module: WebAssembly.Module,
    private readonly memory: WebAssembly.Memory,
    spawn: (() => HelperPort) | null,
  ) {
    if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
      throw new RangeError(`Kernel threads are an integer from 1 to 64, not ${threads}.`);
    }
    if (threads > 1 && spawn === null) {
      throw new Error(`${threads} kernel threads were asked for, but none can be started.`);
    }
    this.helpers = new Helpers(spawn ? threads : 0, spawn);
    this.own = spawn ? null : new KernelInstance(module, memory);
  }

  get failure(): Error | null {
    return this.helpers.failure;
  }

  /** Runs the tasks in order. @param scratch of thread 0; the next thread's lies `share` bytes behind */
  async run(list: TaskList, scratch: number, share: number): Promise<void> {
    if (this.own) return this.runHere(this.own, list, scratch);
    if (!this.opened) {
      this.opened = true;
      const { module, memory } = this;
      await this.helpers.all(() => ({ order: "open", space: SPACE, module, memory }));
    }
    await this.helpers.all((helper) => ({ order: "list", space: SPACE, list, scratch: scratch + helper * share }));
  }

  stop(reason: Error): void {
    this.helpers.stop(reason);
  }

  private async runHere(own: KernelInstance, list: TaskList, scratch: number): Promise<void> {
    let since = performance.now();
    for (const [i, task] of list.tasks.entries()) {
      if (this.failure) throw this.failure;
      own.runList({ ...list, tasks: [task satisfies Task], counters: list.counters + 4 * i }, scratch);
      if (performance.now() - since < TURN) continue;
      await new Promise((resolve) => setTimeout(resolve, 0));
      since = performance.now();
    }
  }
}
