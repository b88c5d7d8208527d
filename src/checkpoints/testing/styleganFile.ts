import { legacyStorage } from "./legacyFile.ts";
import { bytes, call, dict, global, integer, orderedDict, pickle, type Tensor, tensor, text } from "./pickleParts.ts";

/** A module to pickle: tensors by dotted name. */
export interface ModuleToPickle {
  readonly className: string;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly attributes?: Readonly<Record<string, number>>;
}

/** For tests: a pickle as stylegan2-ada-pytorch writes, of modules by their key in the file. */
export function styleganFile(modules: Readonly<Record<string, ModuleToPickle>>): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(pickle(dict(Object.entries(modules).map(([key, value]) => [key, pickled(value)])), 3));
}

function pickled({ className, tensors, attributes = {} }: ModuleToPickle): number[] {
  const own = [...tensors].filter(([name]) => !name.includes("."));
  const parts = new Map<string, Map<string, Tensor>>();
  for (const [name, one] of tensors) {
    const dot = name.indexOf(".");
    if (dot < 0) continue;
    const part = parts.get(name.slice(0, dot)) ?? new Map<string, Tensor>();
    parts.set(name.slice(0, dot), part.set(name.slice(dot + 1), one));
  }
  const numbers = Object.entries(attributes).map(([key, value]): [string, number[]] => [key, integer(value)]);
  const state = dict([
    ...numbers,
    ["_init_kwargs", call(global("dnnlib.util", "EasyDict"))],
    ["_parameters", orderedDict(own.map(([name, one]) => [name, parameter(one)]))],
    ["_buffers", orderedDict([])],
    ["_modules", orderedDict([...parts].map(([name, part]) => [name, pickled({ className: "Part", tensors: part })]))],
  ]);
  const meta = dict([
    ["type", text("class")],
    ["version", integer(6)],
    ["module_src", text("raise SystemExit('never run')")],
    ["class_name", text(className)],
    ["state", state],
  ]);
  return call(global("torch_utils.persistence", "_reconstruct_persistent_obj"), meta);
}

function parameter(one: Tensor): number[] {
  return tensor(one.shape, call(global("torch.storage", "_load_from_bytes"), bytes(legacyStorage(one))));
}
