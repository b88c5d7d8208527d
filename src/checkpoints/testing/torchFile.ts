import {
  bytesOf,
  dict,
  integer,
  list,
  none,
  orderedDict,
  pickle,
  storage,
  type Tensor,
  tensor,
  text,
} from "./pickleParts.ts";
import { storedZip } from "./storedZip.ts";

type Tensors = ReadonlyMap<string, Tensor>;

/**
 * For tests: the tensors as `torch.save` of a state_dict lays them out — a stored zip of pickle (protocol 2) and storages.
 *
 * @param key where the state_dict lies in a dict of a training loop, `{"epoch": 3, key: …}`; by itself without one
 */
export function torchFile(state: Tensors, key?: string): Uint8Array<ArrayBuffer> {
  const storages = new Storages();
  const saved = storages.stateDict(state);
  return storages.zip(
    key === undefined
      ? saved
      : dict([
          ["epoch", integer(3)],
          [key, saved],
        ]),
  );
}

/** For tests: torch.save of a dictionary of state_dicts, and of plain values where there is a text or null. */
export function torchDict(members: Readonly<Record<string, Tensors | string | null>>): Uint8Array<ArrayBuffer> {
  const storages = new Storages();
  return storages.zip(dict(Object.entries(members).map(([key, value]) => [key, storages.value(value)])));
}

/** For tests: torch.save of a list of state_dicts and plain values. */
export function torchList(items: readonly (Tensors | string | null)[]): Uint8Array<ArrayBuffer> {
  const storages = new Storages();
  return storages.zip(list(...items.map((value) => storages.value(value))));
}

class Storages {
  private readonly tensors: Tensor[] = [];

  stateDict(state: Tensors): number[] {
    return orderedDict(
      [...state].map(([name, one]) => {
        this.tensors.push(one);
        return [name, tensor(one.shape, storage(String(this.tensors.length - 1), one.data))];
      }),
    );
  }

  value(value: Tensors | string | null): number[] {
    if (value === null) return none;
    return typeof value === "string" ? text(value) : this.stateDict(value);
  }

  zip(saved: readonly number[]): Uint8Array<ArrayBuffer> {
    return storedZip([
      ["archive/data.pkl", Uint8Array.from(pickle(saved))],
      ...this.tensors.map((one, at): [string, Uint8Array] => [`archive/data/${at}`, bytesOf(one)]),
      ["archive/version", new TextEncoder().encode("3\n")],
    ]);
  }
}
