import type { KernelJob } from "./kernels.ts";
import type { ProgramName } from "./lowering/lowerTrunk.ts";
import type { KernelTeam } from "./team.ts";
import type { ThreadOrder, ThreadReply } from "./threadProtocol.ts";

/** A started worker as this platform has it. */
export interface ThreadPort {
  post(order: ThreadOrder): void;
  onReply(listener: (reply: ThreadReply) => void): void;
  /** The worker died or could not start. */
  onCrash(listener: (reason: string) => void): void;
  terminate(): void;
}

export type SpawnThread = () => ThreadPort;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Offset of the word that makes waiting kernel threads give up; see assembly/barrier.ts. */
const STOP_WORD = 128;

/**
 * Kernel threads in workers, sharing each network's memory. The owner only waits for their replies, so it stays
 * free to take messages. When one thread fails, the team is broken: the others are stopped, and every pending and
 * later call rejects with the reason.
 */
export class ThreadTeam implements KernelTeam {
  private readonly ports: ThreadPort[] = [];
  private readonly queues: Waiting[][] = [];
  private readonly jobs = new Map<number, KernelJob>();
  private broken: Error | null = null;

  constructor(
    readonly threads: number,
    spawn: SpawnThread,
  ) {
    for (let thread = 0; thread < threads; thread++) {
      const port = spawn();
      const queue: Waiting[] = [];
      const name = `Kernel thread ${thread + 1} of ${threads}`;
      port.onReply((reply) => {
        const waiting = queue.shift();
        if (reply.done) waiting?.resolve();
        else {
          const error = new Error(`${name} failed: ${reply.error}.`);
          waiting?.reject(error);
          this.break(error);
        }
      });
      port.onCrash((reason) => this.break(new Error(`${name} crashed: ${reason}.`)));
      this.ports.push(port);
      this.queues.push(queue);
    }
  }

  get failure(): Error | null {
    return this.broken;
  }

  async load(id: number, job: KernelJob): Promise<void> {
    this.jobs.set(id, job);
    const { threads } = this;
    await this.all((thread) => ({ order: "load", id, job, thread, threads }));
  }

  async run(id: number, program: ProgramName, n: number): Promise<void> {
    await this.all(() => ({ order: "run", id, program, n }));
  }

  unload(id: number): void {
    this.jobs.delete(id);
    if (this.broken) return;
    // A failing unload breaks the team, and the next call says why.
    this.all(() => ({ order: "unload", id })).catch(() => undefined);
  }

  dispose(): void {
    this.break(new Error("This engine was disposed."));
  }

  private async all(order: (thread: number) => ThreadOrder): Promise<void> {
    if (this.broken) throw this.broken;
    await Promise.all(
      this.ports.map(
        (port, thread) =>
          new Promise<void>((resolve, reject) => {
            (this.queues[thread] as Waiting[]).push({ resolve, reject });
            port.post(order(thread));
          }),
      ),
    );
  }

  private break(error: Error): void {
    if (this.broken) return;
    this.broken = error;
    for (const { memory, control } of this.jobs.values()) {
      const words = new Int32Array(memory.buffer);
      Atomics.store(words, (control + STOP_WORD) / 4, 1);
      Atomics.notify(words, (control + 64) / 4);
    }
    for (const port of this.ports) port.terminate();
    for (const queue of this.queues) for (const { reject } of queue.splice(0)) reject(error);
  }
}
