import type { DenseOrder, DenseReply } from "./threadProtocol.ts";

/** A started worker as this platform has it. */
export interface HelperPort {
  post(order: DenseOrder): void;
  onReply(listener: (reply: DenseReply) => void): void;
  /** The worker died or could not start. */
  onCrash(listener: (reason: string) => void): void;
  terminate(): void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Threads beside the calling one, started with the first order. When one fails, all are stopped, and every pending
 * and later order rejects with the reason.
 */
export class Helpers {
  private readonly ports: HelperPort[] = [];
  private readonly queues: Waiting[][] = [];
  private broken: Error | null = null;

  /** @param count how many, at least 0; @param spawn may be null where `count` is 0 */
  constructor(
    readonly count: number,
    private readonly spawn: (() => HelperPort) | null,
  ) {}

  get failure(): Error | null {
    return this.broken;
  }

  /** Posts an order to each helper; resolves when all have obeyed. */
  async all(order: (helper: number) => DenseOrder): Promise<void> {
    if (this.broken) throw this.broken;
    if (this.ports.length === 0) this.start();
    await Promise.all(
      this.ports.map(
        (port, helper) =>
          new Promise<void>((resolve, reject) => {
            (this.queues[helper] as Waiting[]).push({ resolve, reject });
            port.post(order(helper));
          }),
      ),
    );
  }

  /** Stops the threads; every pending and later order rejects with `reason`. */
  stop(reason: Error): void {
    if (this.broken) return;
    this.broken = reason;
    for (const port of this.ports) port.terminate();
    for (const queue of this.queues) for (const { reject } of queue.splice(0)) reject(reason);
  }

  private start(): void {
    for (let helper = 0; helper < this.count; helper++) {
      if (this.spawn === null)
        throw new Error(`${this.count} more kernel threads are needed, but none can be started.`);
      const port = this.spawn();
      const queue: Waiting[] = [];
      const name = `Kernel thread ${helper + 2} of ${this.count + 1}`;
      port.onReply((reply) => {
        const waiting = queue.shift();
        if (reply.done) waiting?.resolve();
        else this.stop(failedWith(waiting, new Error(`${name} failed: ${reply.error}.`)));
      });
      port.onCrash((reason) => this.stop(new Error(`${name} crashed: ${reason}.`)));
      this.ports.push(port);
      this.queues.push(queue);
    }
  }
}

function failedWith(waiting: Waiting | undefined, error: Error): Error {
  waiting?.reject(error);
  return error;
}
