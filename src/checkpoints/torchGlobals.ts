import { CheckpointError } from "./checkpointError.ts";
import { PickleDict, PickleFunction, type PickleObject, type PickleValue } from "./pickleValues.ts";
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

const functions = [
  new PickleFunction("collections.OrderedDict", orderedDict),
  new PickleFunction("torch._utils._rebuild_tensor_v2", rebuildTensor),
  new PickleFunction("torch._utils._rebuild_parameter", rebuildParameter),
];

/** Every global that a state_dict written by torch.save needs, and none besides. */
export const torchGlobals: ReadonlyMap<string, PickleObject> = new Map(
  [...functions, ...storages.map(([name, dtype, bytes]) => new StorageType(`torch.${name}`, dtype, bytes))].map(
    (allowed) => [allowed.what, allowed],
  ),
);
