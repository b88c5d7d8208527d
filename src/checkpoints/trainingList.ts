import { PickleDict, type PickleValue } from "./pickleValues.ts";
import { TensorRef } from "./torchTensor.ts";

/** Weights out of the list [model, optimiser, epoch, step, averaged] that ermongroup's ddim saves. */
interface FromList {
  readonly member: string;
  readonly ema: boolean;
  readonly tensors: readonly [name: string, tensor: TensorRef][];
  readonly notes: readonly string[];
}

/**
 * The averaged weights of such a list, with those tensors of the model that are not averaged (buffers); the model itself
 * where there are no averaged ones; null where the list is none.
 */
export function averagedList(items: readonly PickleValue[]): FromList | null {
  const model = tensorsOf(items[0]);
  if (model.size === 0) return null;
  const averaged = tensorsOf(items[4]);
  const names = new Set([...model.keys()].map(bare));
  if (averaged.size === 0 || ![...averaged.keys()].every((name) => names.has(bare(name)))) {
    return { member: "[0]", ema: false, tensors: [...model], notes: [] };
  }
  const found = new Set([...averaged.keys()].map(bare));
  const prefix = [...averaged.keys()].every((name) => name.startsWith(MODULE)) ? MODULE : "";
  const others = [...model].filter(([name]) => !found.has(bare(name)));
  const tensors = [...averaged, ...others.map(([name, tensor]): [string, TensorRef] => [prefix + bare(name), tensor])];
  const note = `${others.length} tensors are not averaged and were taken from the file's \`[0]\`.`;
  return { member: "[4]", ema: true, tensors, notes: others.length > 0 ? [note] : [] };
}

const MODULE = "module.";

/** Without DataParallel's prefix, which the model has and its averaged copy may lack. */
function bare(name: string): string {
  return name.startsWith(MODULE) ? name.slice(MODULE.length) : name;
}

function tensorsOf(value: PickleValue | undefined): Map<string, TensorRef> {
  const entries = value instanceof PickleDict ? [...value.entries] : [];
  return new Map(
    entries.filter(
      (entry): entry is [string, TensorRef] => typeof entry[0] === "string" && entry[1] instanceof TensorRef,
    ),
  );
}
