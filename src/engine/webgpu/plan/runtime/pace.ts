/** A GPU that computes one command buffer for seconds freezes the screen, and the system may take it for hung. */
const SECONDS = 0.25;

/** FLOP of a command buffer while the GPU's speed is unknown: a second on a GPU of 0.1 TFLOP/s. */
const CAUTIOUS = 100e9;

/**
 * How much arithmetic goes into one command buffer: all of a call on a GPU that is fast enough, less on a slow one.
 * Learnt from the calls themselves, the fastest counts. It has no influence on results.
 */
export class Pace {
  /** FLOP per second. */
  private speed = 0;
  private lastAnswer = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** FLOP that one command buffer may have. */
  get flops(): number {
    return this.speed === 0 ? CAUTIOUS : this.speed * SECONDS;
  }

  /** Watches the answer to a call of so many FLOP that has just been queued. */
  async watch<T>(flops: number, answer: Promise<T>): Promise<T> {
    const queued = this.now();
    const result = await answer;
    const now = this.now();
    // A call waits for the one before it.
    const seconds = (now - Math.max(queued, this.lastAnswer)) / 1000;
    this.lastAnswer = now;
    this.speed = Math.max(this.speed, flops / Math.max(seconds, 1e-6));
    return result;
  }
}
