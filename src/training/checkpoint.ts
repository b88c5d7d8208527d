import type { StateDict } from "../engine/network.ts";
import type { Entry, Json } from "../storage/store.ts";
import type { HistoryPoint } from "../study/result.ts";

/** Everything of a run between two steps: written in one transaction, so that a run resumes exactly where it was. */
export interface Checkpoint {
  /** Optimiser steps done. */
  readonly step: number;
  readonly history: readonly HistoryPoint[];
  /** Of the running epoch: images seen and how many were right, and the sum of the step losses. */
  readonly epochSeen: number;
  readonly epochCorrect: number;
  readonly epochLoss: number;
  readonly epochSteps: number;
  /** Synthetic images drawn so far, repeats counted. */
  readonly syntheticDraws: number;
  /** Seconds of computing so far, pauses left out. */
  readonly seconds: number;
  /** Accuracy on training batches of the last whole epoch. */
  readonly trainAccuracy: number;
  /** Parameters, running statistics and momenta by OpenOOD names. */
  readonly state: StateDict;
}

/** A checkpoint as a storage entry: tensors as arrays under their names, the rest and the shapes in meta. */
export function checkpointToEntry(checkpoint: Checkpoint): Entry {
  const { state, ...rest } = checkpoint;
  const shapes: Record<string, Json> = {};
  const arrays: Entry["arrays"] = {};
  for (const [name, tensor] of state) {
    shapes[name] = [...tensor.shape];
    arrays[name] = tensor.data;
  }
  return { meta: { ...(rest as unknown as { [key: string]: Json }), shapes }, arrays };
}

/** The inverse of checkpointToEntry, for entries this program wrote. */
export function checkpointFromEntry(entry: Entry): Checkpoint {
  const { shapes, ...rest } = entry.meta as { shapes: Record<string, number[]> } & Record<string, Json>;
  const state: StateDict = new Map();
  for (const [name, shape] of Object.entries(shapes)) {
    const data = entry.arrays[name];
    if (!(data instanceof Float32Array))
      throw new Error(`The checkpoint lacks the tensor "${name}". Discard the run and start it again.`);
    state.set(name, { shape, data });
  }
  return { ...(rest as unknown as Omit<Checkpoint, "state">), state };
}
