import { CheckpointError, shown } from "./checkpointError.ts";
import { PickleDict, PickleObject, PickleSet, type PickleValue } from "./pickleValues.ts";
import { TensorRef } from "./torchTensor.ts";

/** A module as NVIDIA's torch_utils.persistence pickles it: attributes, and its source text, which is never looked at. */
export class PersistentModule extends PickleObject {
  readonly what = "a persistent module";
  constructor(
    readonly className: string,
    readonly state: PickleDict,
  ) {
    super();
  }
}

/** torch_utils.persistence._reconstruct_persistent_obj({type, version, module_src, class_name, state}). */
export function reconstructPersistent([meta]: readonly PickleValue[]): PersistentModule {
  const className = meta instanceof PickleDict ? meta.entries.get("class_name") : undefined;
  const state = meta instanceof PickleDict ? meta.entries.get("state") : undefined;
  if (typeof className !== "string" || !(state instanceof PickleDict)) {
    throw new CheckpointError("A persistent module has no class_name or no state: the pickle is damaged.");
  }
  return new PersistentModule(className, state);
}

/** More than any network has: a module may be entered again under another name, without an end. */
const MAX_TENSORS = 50_000;
const MAX_MODULES = 50_000;
const MAX_DEPTH = 64;

/**
 * The tensors of a module by the names that its state_dict has: own parameters, own buffers, then its modules. Throws
 * CheckpointError where a `Generator` lacks the networks that StyleGAN's consists of.
 */
export function moduleTensors(module: PersistentModule): [string, TensorRef][] {
  const parts = dictionary(module.state, "_modules");
  const missing = ["mapping", "synthesis"].filter((part) => !(parts.get(part) instanceof PersistentModule));
  if (module.className === "Generator" && missing.length > 0) {
    throw new CheckpointError(`The pickled Generator is no StyleGAN2 generator: ${missing.join(" and ")} missing.`);
  }
  const tensors: [string, TensorRef][] = [];
  let modules = 0;
  const walk = ({ state }: PersistentModule, prefix: string, depth: number): void => {
    if (++modules > MAX_MODULES || depth > MAX_DEPTH || tensors.length > MAX_TENSORS) {
      throw new CheckpointError(`The modules of "${shown(module.className)}" contain each other, or are too many.`);
    }
    const hidden = state.entries.get("_non_persistent_buffers_set");
    for (const [name, value] of [...dictionary(state, "_parameters"), ...dictionary(state, "_buffers")]) {
      if (!(value instanceof TensorRef) || typeof name !== "string") continue;
      if (!(hidden instanceof PickleSet && hidden.items.has(name))) tensors.push([prefix + name, value]);
    }
    for (const [name, value] of dictionary(state, "_modules")) {
      if (value instanceof PersistentModule) walk(value, `${prefix}${String(name)}.`, depth + 1);
    }
  };
  walk(module, "", 0);
  return tensors;
}

function dictionary(state: PickleDict, name: string): ReadonlyMap<PickleValue, PickleValue> {
  const value = state.entries.get(name);
  return value instanceof PickleDict ? value.entries : new Map();
}
