import { describe, expect, it } from "vitest";
import { readPickle } from "./pickle.ts";
import { PickleDict, PickleTuple } from "./pickleValues.ts";
import { bytes, call, dict, global, integer, pickle, text, tuple } from "./testing/pickleParts.ts";
import { torchGlobals } from "./torchGlobals.ts";

const rules = {
  globals: torchGlobals,
  persistent: () => {
    throw new Error("This pickle has no persistent ids.");
  },
};
const read = (value: readonly number[]) => readPickle(Uint8Array.from(pickle(value, 3)), rules);
const BUILD = 0x62;

describe("what a training run leaves beside weights", () => {
  it("is passed over: options with any state, devices, arrays of random states", () => {
    const options = [...call(global("argparse", "Namespace")), ...dict([["lr", integer(1)]]), BUILD];
    const array = [
      ...call(
        global("numpy.core.multiarray", "_reconstruct"),
        global("numpy", "ndarray"),
        tuple(integer(0)),
        bytes([98]),
      ),
      ...tuple(integer(1), bytes([1, 2, 3])),
      BUILD,
    ];
    const device = call(global("torch", "device"), text("cuda"), integer(0));
    const value = read(
      dict([
        ["args", options],
        ["rng", array],
        ["device", device],
        ["dtype", global("torch", "float32")],
      ]),
    );
    expect(value).toBeInstanceOf(PickleDict);
    expect([...(value as PickleDict).entries.keys()]).toEqual(["args", "rng", "device", "dtype"]);
  });

  it("keeps what is plain: sizes, dictionaries with a default, numbers of numpy", () => {
    expect(read(call(global("torch", "Size"), tuple(integer(2), integer(3))))).toEqual(new PickleTuple([2, 3]));
    expect(read(call(global("collections", "defaultdict"), global("builtins", "dict")))).toEqual(new PickleDict());
    const order = [...tuple(integer(3), text("<")), BUILD];
    const f8 = [...call(global("numpy", "dtype"), text("f8")), ...order];
    const scalar = (value: Float64Array) =>
      call(global("numpy.core.multiarray", "scalar"), f8, bytes(new Uint8Array(value.buffer)));
    expect(read(scalar(Float64Array.of(2.25)))).toBe(2.25);
    const latin1 = call(global("_codecs", "encode"), text("\0\0\0\0\0\0\u00f8?"), text("latin1"));
    expect(read(call(global("numpy._core.multiarray", "scalar"), f8, latin1))).toBe(1.5);
  });

  it("is refused where it is more than that", () => {
    expect(() => read(call(global("numpy", "dtype"), text("O8")))).toThrow("numpy.dtype of O8");
    expect(() => read([...call(global("numpy", "dtype"), text("f8")), ...tuple(integer(3), text(">")), BUILD])).toThrow(
      "byte order >",
    );
    expect(() => read(call(global("_codecs", "encode"), text("x"), text("rot13")))).toThrow("latin1 text only");
    expect(() => read(call(global("builtins", "dict"), tuple()))).toThrow("it calls builtins.dict");
    expect(() => read(global("builtins", "getattr"))).toThrow('"builtins.getattr"');
  });
});
