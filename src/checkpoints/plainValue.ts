import { CheckpointError } from "./checkpointError.ts";
import type { PersistentModule } from "./persistentModule.ts";
import {
  PickleBytes,
  PickleDict,
  PickleList,
  PickleObject,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from "./pickleValues.ts";

const MAX_DEPTH = 16;
const MAX_VALUES = 10_000;

/** Numbers, texts, truth values, null, and lists and objects of them; undefined for what is none of these. */
function plainValue(value: PickleValue, count: { values: number }, depth = 0): unknown {
  count.values++;
  if (depth > MAX_DEPTH || count.values > MAX_VALUES) {
    throw new CheckpointError("The settings in the pickle contain each other, or are too many.");
  }
  if (value instanceof PickleDict) {
    const named = [...value.entries].filter((entry): entry is [string, PickleValue] => typeof entry[0] === "string");
    return Object.fromEntries(named.map(([key, member]) => [key, plainValue(member, count, depth + 1)]));
  }
  if (value instanceof PickleTuple || value instanceof PickleList || value instanceof PickleSet) {
    return [...value.items].map((item) => plainValue(item, count, depth + 1));
  }
  return value instanceof PickleObject || value instanceof PickleBytes ? undefined : value;
}

/** `_init_kwargs` of a pickled module, and its plain attributes: z_dim, c_dim, img_resolution … */
export function moduleConfig({ className, state }: PersistentModule): Map<string, unknown> {
  const count = { values: 0 };
  const config = new Map<string, unknown>([["class_name", className]]);
  for (const [name, value] of state.entries) {
    if (typeof name !== "string" || (name.startsWith("_") && name !== "_init_kwargs")) continue;
    const plain = plainValue(value, count);
    if (plain !== undefined) config.set(name, plain);
  }
  return config;
}
