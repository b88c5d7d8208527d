import { CheckpointError } from "./checkpointError.ts";
import { inertGlobals } from "./inertGlobals.ts";
import { numpyGlobals } from "./numpyScalar.ts";
import { reconstructPersistent } from "./persistentModule.ts";
import {
  PickleBytes,
  PickleDict,
  PickleFunction,
  PickleList,
  type PickleObject,
  PickleSet,
  type PickleValue,
} from "./pickleValues.ts";
import type { SafetensorsDtype } from "./safetensorsHeader.ts";
import { rebuildTensor, StorageType, TensorRef } from "./torchTensor.ts";

/** collections.OrderedDict; torch pickles a state_dict's `_metadata` as its state, which nothing here needs. */
export class OrderedDict extends PickleDict {
  setState(state: PickleValue): void {
    const known = state instanceof PickleDict && [...state.entries.keys()].every((key) => key === "_metadata");
    if (!known)
      throw new CheckpointError("The pickle uses the opcode BUILD to set more than _metadata of an OrderedDict.");
  }
}

const storages: readonly [name: string, dtype: SafetensorsDtype, bytes: number][] = [
  ["FloatStorage", "F32", 4],
  ["HalfStorage", "F16", 2],
  ["BFloat16Storage", "BF16", 2],
  ["DoubleStorage", "F64", 8],
  ["LongStorage", "I64", 8],
  ["IntStorage", "I32", 4],
  ["ShortStorage", "I16", 2],
  ["CharStorage", "I8", 1],
  ["ByteStorage", "U8", 1],
  ["BoolStorage", "BOOL", 1],
];

/** torch._utils._rebuild_parameter(data, requires_grad, hooks): its data. */
function rebuildParameter([data]: readonly PickleValue[]): TensorRef {
  if (!(data instanceof TensorRef))
    throw new CheckpointError("A parameter is rebuilt from something that is no tensor.");
  return data;
}

function orderedDict(args: readonly PickleValue[]): OrderedDict {
  if (args.length > 0) throw new CheckpointError("An OrderedDict is made with arguments; torch fills it item by item.");
  return new OrderedDict();
}

function easyDict(args: readonly PickleValue[]): PickleDict {
  if (args.length > 0) throw new CheckpointError("An EasyDict is made with arguments; Python fills it item by item.");
  return new PickleDict();
}

function set([items]: readonly PickleValue[]): PickleSet {
  const made = new PickleSet();
  if (items instanceof PickleList) for (const item of items.items) made.items.add(item);
  else if (items !== undefined) throw new CheckpointError("A set is made of something that is no list.");
  return made;
}

const allowed: readonly PickleObject[] = [
  new PickleFunction("collections.OrderedDict", orderedDict),
  new PickleFunction("torch._utils._rebuild_tensor_v2", rebuildTensor),
  new PickleFunction("torch._utils._rebuild_parameter", rebuildParameter),
  new PickleFunction("torch_utils.persistence._reconstruct_persistent_obj", reconstructPersistent),
  new PickleFunction("dnnlib.util.EasyDict", easyDict),
  new PickleFunction("builtins.set", set),
  new PickleFunction("__builtin__.set", set),
  ...numpyGlobals,
  ...inertGlobals,
];

/** Every global that a file of weights by torch.save needs, or a generator of StyleGAN2-ADA, and none besides. */
export const torchGlobals: ReadonlyMap<string, PickleObject> = new Map(
  [...allowed, ...storages.map(([name, dtype, bytes]) => new StorageType(`torch.${name}`, dtype, bytes))].map((one) => [
    one.what,
    one,
  ]),
);

/**
 * Those of a pickle whose storages are legacy streams inside it, which `load` makes storages of. Inside such a stream
 * only `torchGlobals` are allowed: streams do not nest.
 */
export function withStreams(load: (stream: PickleBytes) => PickleValue): ReadonlyMap<string, PickleObject> {
  const what = "torch.storage._load_from_bytes";
  const loadFromBytes = new PickleFunction(what, ([stream]) => {
    if (!(stream instanceof PickleBytes))
      throw new CheckpointError(`${what} is called with something that is no bytes.`);
    return load(stream);
  });
  return new Map<string, PickleObject>([...torchGlobals, [what, loadFromBytes]]);
}
