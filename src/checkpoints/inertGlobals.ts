import { CheckpointError } from "./checkpointError.ts";
import { PickleDict, PickleFunction, PickleObject, PickleTuple, type PickleValue } from "./pickleValues.ts";

/** Something beside the weights that is passed over: options of a training run, states of random generators. */
class Inert extends PickleObject {
  constructor(readonly what: string) {
    super();
  }

  override setState(): void {}
}

/** A name that is only mentioned: a dtype, the type of a defaultdict's members. */
const mentioned = [
  ...["float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool"].map((name) => `torch.${name}`),
  ...["dict", "list", "int", "float"].flatMap((name) => [`builtins.${name}`, `__builtin__.${name}`]),
  "numpy.ndarray",
];

const made = [
  "argparse.Namespace",
  "torch.device",
  "numpy.core.multiarray._reconstruct",
  "numpy._core.multiarray._reconstruct",
];

function size([extents]: readonly PickleValue[]): PickleTuple {
  if (!(extents instanceof PickleTuple))
    throw new CheckpointError("A torch.Size is made of something that is no tuple.");
  return extents;
}

/** What files of training runs hold beside weights, and which nobody here looks at. */
export const inertGlobals: readonly PickleObject[] = [
  ...mentioned.map((what) => new Inert(what)),
  ...made.map((what) => new PickleFunction(what, () => new Inert(`a ${what}`))),
  new PickleFunction("torch.Size", size),
  new PickleFunction("collections.defaultdict", () => new PickleDict()),
];
