import { CheckpointError, shown } from "./checkpointError.ts";
import { moduleTensors, PersistentModule } from "./persistentModule.ts";
import { PickleDict, PickleList, type PickleValue } from "./pickleValues.ts";
import { TensorRef } from "./torchTensor.ts";
import { averagedList } from "./trainingList.ts";

/** One network's tensors within a pickle. */
export interface NetworkInPickle {
  /** Keys that lead to it, "ema_model" or "model.state_dict"; null at the root. */
  readonly member: string | null;
  /** What the keys say: averaged, not averaged, or nothing. */
  readonly ema: boolean | null;
  readonly tensors: readonly [name: string, tensor: TensorRef][];
  /** The pickled module that holds them, if one does. */
  readonly module: PersistentModule | null;
  readonly notes: readonly string[];
}

const AVERAGED = ["G_ema", "g_ema", "ema", "ema_model", "model_ema", "params_ema", "ema_state_dict", "state_dict_ema"];
const PLAIN = ["state_dict", "model_state_dict", "net_model", "model", "net", "generator", "G", "g", "netG", "params"];
/** {"model": {"state_dict": …}} occurs, deeper nesting does not. */
const MAX_DEPTH = 3;

/** The network that a pickle is about, averaged weights before others. Throws CheckpointError where there is none. */
export function networkInPickle(root: PickleValue): NetworkInPickle {
  const found = find(root, [], null);
  if (found !== null) return found;
  if (!(root instanceof PickleDict)) {
    throw new CheckpointError("This file holds no state_dict (a dictionary of tensors).");
  }
  const names = [...root.entries.keys()].slice(0, 8).map((name) => shown(String(name)));
  const what = names.length === 0 ? "nothing" : names.join(", ");
  throw new CheckpointError(`This file holds no state_dict: its dictionary has ${what}, and no tensor.`);
}

function find(value: PickleValue, path: readonly string[], ema: boolean | null): NetworkInPickle | null {
  if (path.length > MAX_DEPTH) return null;
  if (value instanceof PersistentModule) return network(path, ema, moduleTensors(value), value, []);
  if (value instanceof PickleList) {
    const list = averagedList(value.items);
    return list && network([...path, list.member], list.ema, list.tensors, null, list.notes);
  }
  if (!(value instanceof PickleDict)) return null;
  return inMembers(value, path, ema) ?? direct(value, path, ema) ?? onlyOne(value, path, ema);
}

function inMembers({ entries }: PickleDict, path: readonly string[], ema: boolean | null): NetworkInPickle | null {
  const unnamed = AVERAGED.filter((key) => entries.get(key) instanceof PickleDict);
  for (const key of [...AVERAGED, ...PLAIN]) {
    const value = entries.get(key);
    if (!(value instanceof PickleDict || value instanceof PersistentModule)) continue;
    const averaged = AVERAGED.includes(key);
    const found = find(value, [...path, key], averaged ? true : key === "G" || unnamed.length > 0 ? false : ema);
    if (found === null) continue;
    if (averaged || unnamed.length === 0) return found;
    const note = `Its \`${unnamed[0]}\` has no tensors by name and was passed over: these are not the averaged weights.`;
    return { ...found, notes: [...found.notes, note] };
  }
  return null;
}

/** The dictionary itself, where tensors stand in it by name. */
function direct({ entries }: PickleDict, path: readonly string[], ema: boolean | null): NetworkInPickle | null {
  const tensors: [string, TensorRef][] = [];
  const others: string[] = [];
  for (const [name, value] of entries) {
    if (typeof name === "string" && value instanceof TensorRef) tensors.push([name, value]);
    else others.push(shown(String(name)));
  }
  if (tensors.length === 0) return null;
  const note = `Entries that are no tensors were passed over: ${others.slice(0, 8).join(", ")}.`;
  return network(path, ema, tensors, null, others.length > 0 ? [note] : []);
}

/** A dictionary with a name that nobody knows for it, where it is the only one with tensors. */
function onlyOne({ entries }: PickleDict, path: readonly string[], ema: boolean | null): NetworkInPickle | null {
  const found = [...entries].flatMap(([key, value]) => {
    if (typeof key !== "string" || !(value instanceof PickleDict || value instanceof PersistentModule)) return [];
    const inside =
      value instanceof PersistentModule ? find(value, [...path, key], ema) : direct(value, [...path, key], ema);
    return inside === null ? [] : [inside];
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}

function network(
  path: readonly string[],
  ema: boolean | null,
  tensors: readonly [string, TensorRef][],
  module: PersistentModule | null,
  notes: readonly string[],
): NetworkInPickle | null {
  if (tensors.length === 0) return null;
  const member = path.length === 0 ? null : path.join(".");
  const where = member === null ? [] : [`The tensors are those of the file's \`${shown(member)}\`.`];
  return { member, ema, tensors, module, notes: [...where, ...notes] };
}
