import type { NetworkSpec, StateDict } from "../../engine/network.ts";
import { architecture, stateLayout } from "../../networks/architecture.ts";
import type { Entry, Json, Store } from "../../storage/store.ts";
import { keys } from "../keys.ts";
import type { ClassifierCheckpoint } from "./classifierCheckpoint.ts";

/** Keeps the network of an import, so that detectors that look through it can be scored again. */
export async function writeImportedClassifier(
  store: Store,
  id: string,
  { spec, state }: Pick<ClassifierCheckpoint, "spec" | "state">,
): Promise<void> {
  const arrays: Entry["arrays"] = {};
  for (const [name, { data }] of state) arrays[name] = data;
  await store.write([[keys.importedClassifier(id), { meta: spec as unknown as Json, arrays }]]);
}

/** The network of an import; undefined where none is kept. */
export async function readImportedClassifier(
  store: Store,
  id: string,
): Promise<Pick<ClassifierCheckpoint, "spec" | "state"> | undefined> {
  const entry = await store.read(keys.importedClassifier(id));
  if (entry === undefined) return undefined;
  const spec = entry.meta as unknown as NetworkSpec;
  const state: StateDict = new Map();
  for (const { name, shape } of stateLayout(architecture(spec))) {
    state.set(name, { shape, data: entry.arrays[name] as Float32Array });
  }
  return { spec, state };
}
