import type { ImageSet } from "../data/imageSet.ts";
import { type Loss, type Network, NonFiniteLoss } from "../engine/network.ts";
import type { Cell } from "../study/cell.ts";
import { totalSteps } from "../study/recipe.ts";
import type { HistoryPoint } from "../study/result.ts";
import { drawAugmentation, gatherBatch, syntheticMembers } from "./batch.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { inFlight } from "./inFlight.ts";
import type { PoolImages } from "./poolImages.ts";
import { type BatchIndices, TwoSourceSampler } from "./sampler.ts";
import { learningRate } from "./schedule.ts";

/** What the validation sets say at one moment of training. */
export type Validation = Pick<HistoryPoint, "valAccuracy" | "valAuroc">;

/** One step, told to whoever watches. */
export interface StepReport {
  readonly step: number;
  readonly total: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly alpha: number;
  readonly lr: number;
  readonly realImages: number;
  readonly syntheticImages: number;
}

export interface TrainingJob {
  readonly cell: Cell;
  readonly network: Network;
  readonly loss: Loss;
  /** The real train set, already cut to recipe.realCount. */
  readonly real: ImageSet;
  readonly pool: PoolImages | null;
  /** Where to go on; the network already holds its state. null = from the start. */
  readonly resume: Omit<Checkpoint, "state"> | null;
  /** Accuracy on ID-val and, where `ood`, AUROC on the OOD-val sets. */
  readonly validate: (ood: boolean) => Promise<Validation>;
  readonly onStep: (report: StepReport) => void;
  readonly onHistory: (point: HistoryPoint) => void;
  /** After every epoch, and once more when the run is stopped in mid-epoch. */
  readonly save: (checkpoint: Checkpoint, boundary: "epoch" | "stop") => Promise<void>;
  /** Asked before every step. "stop" saves at that step and ends; training the cell again goes on from there. */
  readonly command: () => "run" | "stop";
  /** The slider's α, where this run follows it. */
  readonly liveAlpha: () => number | null;
  /** Called between steps so that messages get in. */
  readonly breathe: () => Promise<void>;
  /** Runs a slice of work while holding the machine; heavy jobs take turns by it. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
}

const SLICE_MS = 1000;

/** What a step adds to the numbers of its epoch. */
interface Step {
  readonly report: StepReport;
  readonly correct: number;
}

/** Trains a cell to its last step. Resolves "stopped" when it was told to stop; the checkpoint then is saved. */
export async function train(job: TrainingJob): Promise<"finished" | "stopped"> {
  const run = new TrainingRun(job);
  while (!run.finished) {
    if (job.command() === "stop") {
      await run.save("stop");
      return "stopped";
    }
    await job.turn(() => run.slice());
  }
  return "finished";
}

class TrainingRun {
  private step: number;
  private readonly total: number;
  private readonly sampler: TwoSourceSampler;
  private readonly history: HistoryPoint[];
  private epochSeen: number;
  private epochCorrect: number;
  private epochLoss: number;
  private epochSteps: number;
  private syntheticDraws: number;
  private seconds: number;
  private trainAccuracy: number;
  private gathering: Promise<unknown> = Promise.resolve();

  constructor(private readonly job: TrainingJob) {
    const { cell, real, pool, resume } = job;
    this.total = totalSteps(cell.recipe, real.count);
    this.sampler = new TwoSourceSampler(
      real.count,
      pool?.count ?? 0,
      cell.recipe.batch,
      cell.seed,
      pool?.window ?? null,
    );
    this.step = resume?.step ?? 0;
    this.history = [...(resume?.history ?? [])];
    this.epochSeen = resume?.epochSeen ?? 0;
    this.epochCorrect = resume?.epochCorrect ?? 0;
    this.epochLoss = resume?.epochLoss ?? 0;
    this.epochSteps = resume?.epochSteps ?? 0;
    this.syntheticDraws = resume?.syntheticDraws ?? 0;
    this.seconds = resume?.seconds ?? 0;
    this.trainAccuracy = resume?.trainAccuracy ?? 0;
    this.sampler.seek(this.step, cell.alpha);
  }

  get finished(): boolean {
    return this.step >= this.total;
  }

  /** Steps for about a second, or until a command comes, or to the end of the epoch. */
  async slice(): Promise<void> {
    const { job } = this;
    const start = performance.now();
    const first = this.step;
    let next = first;
    await inFlight(
      job.network.stepsInFlight,
      () => {
        const over = next > first && this.endsEpoch(next);
        if (over || job.command() !== "run" || performance.now() - start >= SLICE_MS) return null;
        return this.compute(next++);
      },
      (step) => this.take(step),
      job.breathe,
    );
    const epochEnd = this.step > first && this.endsEpoch(this.step);
    if (epochEnd) await this.endEpoch();
    this.seconds += (performance.now() - start) / 1000;
    if (epochEnd) await this.save("epoch");
  }

  /** Whether an epoch is over, or the run, when so many steps are done. */
  private endsEpoch(steps: number): boolean {
    return steps % this.sampler.stepsPerEpoch === 0 || steps >= this.total;
  }

  /** @param step 0-based; the steps before it are computed, or are being computed */
  private async compute(step: number): Promise<Step> {
    const { cell, network, loss, real, pool } = this.job;
    const { recipe } = cell;
    const alpha = this.job.liveAlpha() ?? cell.alpha;
    const lr = learningRate(recipe, step, this.total);
    const indices = this.sampler.next(step, alpha);
    if (indices.members.length === 0) throw new Error(this.dryMessage(step, alpha));
    const augmentation = recipe.augment === "none" ? null : drawAugmentation(cell.seed, step, indices.members.length);
    // A pool in memory is gathered at once, as the order of the calls of trainStep is that of the steps.
    const gathered = pool?.window ? await this.gathered(indices, pool) : gatherBatch(indices, real, pool);
    const batch = { ...gathered, augmentation };
    const hyper = { lr, momentum: recipe.momentum, weightDecay: recipe.weightDecay };
    const result = await network.trainStep(batch, loss, hyper).catch((cause: unknown) => {
      throw cause instanceof NonFiniteLoss ? new Error(this.divergedMessage(cause, step, alpha, lr), { cause }) : cause;
    });
    const report: StepReport = {
      step: step + 1,
      total: this.total,
      loss: result.loss,
      accuracy: result.correct / batch.count,
      alpha,
      lr,
      realImages: indices.real,
      syntheticImages: indices.synthetic,
    };
    return { report, correct: result.correct };
  }

  /** The batch, once its part of the pool is in memory: one after the other, so that the steps keep their order. */
  private gathered(indices: BatchIndices, pool: PoolImages): Promise<ReturnType<typeof gatherBatch>> {
    const batch = this.gathering.then(async () => {
      await pool.prepare(syntheticMembers(indices));
      return gatherBatch(indices, this.job.real, pool);
    });
    this.gathering = batch.catch(() => undefined);
    return batch;
  }

  private take({ report, correct }: Step): void {
    this.step = report.step;
    this.epochSeen += report.realImages + report.syntheticImages;
    this.epochCorrect += correct;
    this.epochLoss += report.loss;
    this.epochSteps++;
    this.syntheticDraws += report.syntheticImages;
    this.job.onStep(report);
  }

  private async endEpoch(): Promise<void> {
    const { cell } = this.job;
    const epoch = Math.ceil(this.step / this.sampler.stepsPerEpoch);
    this.trainAccuracy = this.epochCorrect / this.epochSeen;
    const measured = this.finished || epoch % cell.recipe.historyEvery === 0;
    const validation =
      measured || cell.recipe.selection === "best-id-val"
        ? await this.job.validate(measured)
        : { valAccuracy: null, valAuroc: null };
    const point: HistoryPoint = {
      step: this.step,
      epoch,
      lr: learningRate(cell.recipe, this.step - 1, this.total),
      alpha: this.job.liveAlpha() ?? cell.alpha,
      loss: this.epochLoss / this.epochSteps,
      trainAccuracy: this.trainAccuracy,
      ...validation,
    };
    this.history.push(point);
    this.job.onHistory(point);
    this.epochSeen = 0;
    this.epochCorrect = 0;
    this.epochLoss = 0;
    this.epochSteps = 0;
  }

  async save(boundary: "epoch" | "stop"): Promise<void> {
    await this.job.save(
      {
        step: this.step,
        history: this.history,
        epochSeen: this.epochSeen,
        epochCorrect: this.epochCorrect,
        epochLoss: this.epochLoss,
        epochSteps: this.epochSteps,
        syntheticDraws: this.syntheticDraws,
        seconds: this.seconds,
        trainAccuracy: this.trainAccuracy,
        state: await this.job.network.exportState({ momenta: true }),
      },
      boundary,
    );
  }

  private divergedMessage(cause: NonFiniteLoss, step: number, alpha: number, lr: number): string {
    const { seed, recipe } = this.job.cell;
    return (
      `The loss became ${cause.value} at step ${step + 1} of ${this.total} (α ${alpha}, learning rate ${lr.toPrecision(3)}, seed ${seed}). ` +
      `The run is kept up to its last epoch. Try a smaller lr than ${recipe.lr}.`
    );
  }

  private dryMessage(step: number, alpha: number): string {
    const { real, pool, cell } = this.job;
    return (
      `At step ${step + 1} no image was left for the batch: α ${alpha} takes ${cell.recipe.batch} images a step, ` +
      `and the pool of ${pool?.count ?? 0} has run dry after ${step % this.sampler.stepsPerEpoch} of ${this.sampler.stepsPerEpoch} steps ` +
      `of the epoch (${real.count} real images). Use a larger pool or a larger α.`
    );
  }
}
