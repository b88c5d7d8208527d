import type { Network, StateDict } from "../engine/network.ts";
import type { Entry, Store } from "../storage/store.ts";
import type { Cell } from "../study/cell.ts";
import { WorkbenchError } from "../study/errors.ts";
import { type Checkpoint, checkpointToEntry } from "../training/checkpoint.ts";
import { learningRate } from "../training/schedule.ts";
import { keys } from "./keys.ts";

/**
 * Writes the checkpoints of one run; where the recipe asks for it, also keeps the epoch that is best on ID-val
 * (ties → later). A state with a number that is not finite never takes the place of a good one.
 */
export class CheckpointWriter {
  private accuracy: number;
  private step: number | null;

  /** @param resume the checkpoint that the run goes on from */
  constructor(
    private readonly store: Store,
    private readonly cell: Cell,
    private readonly total: number,
    resume: Checkpoint | null,
  ) {
    this.step = resume?.step ?? null;
    this.accuracy = Math.max(-1, ...(resume?.history ?? []).map((point) => point.valAccuracy ?? -1));
  }

  /** Steps behind the checkpoint that is in the store; null where there is none. */
  get keptStep(): number | null {
    return this.step;
  }

  /** Rejects with the code "diverged" if the state is not finite, and then writes nothing. */
  async write(checkpoint: Checkpoint, network: Network): Promise<void> {
    const broken = firstNonFinite(checkpoint.state);
    if (broken !== null) throw this.diverged(broken, checkpoint);
    await this.store.write(await this.records(checkpoint, network));
    this.step = checkpoint.step;
  }

  private async records(checkpoint: Checkpoint, network: Network): Promise<(readonly [string, Entry])[]> {
    const records: (readonly [string, Entry])[] = [];
    const latest = checkpoint.history.at(-1);
    const atBoundary = checkpoint.epochSteps === 0 && latest?.step === checkpoint.step;
    if (this.cell.recipe.selection === "best-id-val" && atBoundary && (latest?.valAccuracy ?? -1) >= this.accuracy) {
      this.accuracy = latest?.valAccuracy ?? -1;
      const state = await network.exportState({ momenta: false });
      records.push([keys.best(this.cell.id), checkpointToEntry({ ...checkpoint, state })]);
    }
    records.push([keys.checkpoint(this.cell.id), checkpointToEntry(checkpoint)]);
    return records;
  }

  private diverged(name: string, { step }: Checkpoint): WorkbenchError {
    const { alpha, seed, recipe } = this.cell;
    const lr = learningRate(recipe, step - 1, this.total).toPrecision(3);
    const kept = this.step === null ? "No earlier step was kept." : `The run is kept up to step ${this.step}.`;
    return new WorkbenchError(
      "diverged",
      `After step ${step} of ${this.total} (α ${alpha}, learning rate ${lr}, seed ${seed}) "${name}" holds numbers ` +
        `that are not finite: training has diverged. ${kept} Try a smaller lr than ${recipe.lr}.`,
    );
  }
}

/** The first tensor that holds NaN or ±∞, or null. */
function firstNonFinite(state: StateDict): string | null {
  for (const [name, { data }] of state) if (!data.every(Number.isFinite)) return name;
  return null;
}
