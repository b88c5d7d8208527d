import {
  bytesOf,
  dict,
  integer,
  list,
  little,
  none,
  orderedDict,
  pickle,
  storage,
  type Tensor,
  tensor,
  text,
  tuple,
} from "./pickleParts.ts";
import { joined } from "./storedZip.ts";

const MAGIC = pickle([0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]);

/** For tests: the tensors as torch.save before 1.6 lays them out, five pickles and then the storages. */
export function legacyFile(state: ReadonlyMap<string, Tensor>): Uint8Array<ArrayBuffer> {
  const tensors = [...state];
  const saved = orderedDict(
    tensors.map(([name, { shape, data }], at) => [name, tensor(shape, storage(String(at), data, none))]),
  );
  return legacy(saved, new Map(tensors.map(([, one], at) => [String(at), one])));
}

/** For tests: a file with one storage of which each tensor is a part, named by a view in its persistent id. */
export function legacyViews(
  data: Float32Array,
  views: Readonly<Record<string, readonly [first: number, elements: number]>>,
): Uint8Array<ArrayBuffer> {
  const saved = orderedDict(
    Object.entries(views).map(([name, [first, elements]]) => {
      const view = tuple(text(`view of ${name}`), integer(first), integer(elements));
      return [name, tensor([elements], storage("whole", data, view))];
    }),
  );
  return legacy(saved, new Map([["whole", { shape: [data.length], data }]]));
}

/** For tests: the stream that a pickle of stylegan2-ada-pytorch holds for one storage. */
export function legacyStorage(one: Tensor): Uint8Array<ArrayBuffer> {
  return legacy(storage("94", one.data, none), new Map([["94", one]]));
}

function legacy(saved: readonly number[], storages: ReadonlyMap<string, Tensor>): Uint8Array<ArrayBuffer> {
  const system = dict([["protocol_version", integer(1001)]]);
  const keys = list(...[...storages.keys()].map(text));
  const pickles = [MAGIC, pickle(integer(1001)), pickle(system), pickle(saved), pickle(keys)];
  const raw = [...storages.values()].flatMap((one) => [Uint8Array.from(little(one.data.length, 8)), bytesOf(one)]);
  return joined([Uint8Array.from(pickles.flat()), ...raw]);
}
