import { Stream } from "../random/stream.ts";
import { batchSplit, stepsPerEpoch } from "../study/recipe.ts";
import { type PoolOrder, type PoolWindow, poolOrder } from "./poolOrder.ts";

/** Which images make up one batch, in the order in which they stand in it. */
export interface BatchIndices {
  /** Image numbers, real ones as they are, synthetic ones as −1 − number. */
  readonly members: Int32Array;
  readonly real: number;
  readonly synthetic: number;
}

/**
 * SIO's in-batch mixing (Eq. 4), as OpenOOD's TwoSourceSampler: trunc(B·α) real images and the rest synthetic, each
 * list permuted afresh every epoch without replacement, ceil(n_real/B) batches whatever α. A list that runs dry
 * contributes fewer images, so late batches of a small pool shrink; the loop reports it.
 */
export class TwoSourceSampler {
  readonly stepsPerEpoch: number;
  private epoch = -1;
  private realOrder: Uint32Array = new Uint32Array(0);
  private poolOrder: PoolOrder = { at: () => -1 };
  private realUsed = 0;
  private poolUsed = 0;

  constructor(
    private readonly realCount: number,
    private readonly poolSize: number,
    private readonly batch: number,
    private readonly seed: number,
    /** null: the pool is permuted as a whole. */
    private readonly window: PoolWindow | null = null,
  ) {
    this.stepsPerEpoch = stepsPerEpoch(realCount, batch);
  }

  /**
   * Goes to a step of the whole run, as after a crash: the same batches follow as in an undisturbed run at this α.
   * @param step 0-based optimiser step
   */
  seek(step: number, alpha: number): void {
    const { real, synthetic } = batchSplit(this.batch, alpha);
    const done = step % this.stepsPerEpoch;
    this.startEpoch(Math.floor(step / this.stepsPerEpoch));
    this.realUsed = Math.min(this.realCount, done * real);
    this.poolUsed = Math.min(this.poolSize, done * synthetic);
  }

  /** The batch of `step`; steps must be asked for in order (or after seek). α may change from step to step. */
  next(step: number, alpha: number): BatchIndices {
    const epoch = Math.floor(step / this.stepsPerEpoch);
    if (epoch !== this.epoch) this.startEpoch(epoch);
    const split = batchSplit(this.batch, alpha);
    const real = Math.min(split.real, this.realCount - this.realUsed);
    const synthetic = Math.min(split.synthetic, this.poolSize - this.poolUsed);
    const unmixed = new Int32Array(real + synthetic);
    for (let i = 0; i < real; i++) unmixed[i] = this.realOrder[this.realUsed + i] as number;
    for (let i = 0; i < synthetic; i++) unmixed[real + i] = -1 - this.poolOrder.at(this.poolUsed + i);
    this.realUsed += real;
    this.poolUsed += synthetic;
    const order = new Stream(this.seed, "mix", step).permutation(unmixed.length);
    return { members: Int32Array.from(order, (from) => unmixed[from] as number), real, synthetic };
  }

  private startEpoch(epoch: number): void {
    this.epoch = epoch;
    this.realOrder = new Stream(this.seed, "shuffle/real", epoch).permutation(this.realCount);
    this.poolOrder = poolOrder(this.poolSize, this.window, this.seed, epoch);
    this.realUsed = 0;
    this.poolUsed = 0;
  }
}
