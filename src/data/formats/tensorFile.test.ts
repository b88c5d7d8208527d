import { execFileSync } from "node:child_process";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { writeSafetensors } from "../../checkpoints/safetensors.ts";
import { readNpy } from "./npy.ts";
import { readTensorBytes } from "./tensorFile.ts";

const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** A .npy file with that header literal. */
function npy(header: string, data: Uint8Array, version = 1): Uint8Array {
  const length =
    version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  return Uint8Array.from([...latin1("\x93NUMPY"), version, 0, ...length, ...latin1(header), ...data]);
}

const bytesOf = (array: { buffer: ArrayBufferLike }) => new Uint8Array(array.buffer);

describe("a .npy array", () => {
  it("is read in C order", () => {
    const data = bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6));
    const {
      dtype,
      shape,
      data: values,
    } = readNpy("a.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n", data));
    expect([dtype, shape, [...values]]).toEqual(["F32", [2, 3], [1, 2, 3, 4, 5, 6]]);
  });

  it("is read in Fortran order and in big-endian, into rows", () => {
    const data = bytesOf(Int16Array.of(1, 4, 2, 5, 3, 6));
    for (let k = 0; k < data.length; k += 2) data.subarray(k, k + 2).reverse();
    const read = readNpy("a.npy", npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n", data, 2));
    expect([...read.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("has a scalar, a vector and an empty one", () => {
    expect(
      readNpy("a", npy("{'descr': '<i8', 'fortran_order': False, 'shape': (), }", bytesOf(BigInt64Array.of(-5n)))),
    ).toEqual({
      dtype: "I64",
      shape: [],
      data: BigInt64Array.of(-5n),
    });
    expect(
      readNpy("a", npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", Uint8Array.of(1, 0))).shape,
    ).toEqual([2]);
    expect(
      readNpy("a", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 4), }", new Uint8Array())).shape,
    ).toEqual([0, 4]);
  });

  it.each([
    [
      "code in the header",
      "{'descr': __import__('os').system('id'), 'fortran_order': False, 'shape': (2,), }",
      "not one that NumPy writes",
    ],
    [
      "something behind it",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } + x",
      "not one that NumPy writes",
    ],
    [
      "a key twice",
      "{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",
      "not one that NumPy writes",
    ],
    ["a negative side", "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", "not one that NumPy writes"],
    ["objects", "{'descr': '|O8', 'fortran_order': False, 'shape': (2,), }", 'Its elements are "|O8"'],
    ["a record", "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,), }", "not one that NumPy writes"],
    ["a shape that is a lie", "{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000, 2000000000), }", "needs"],
    ["one that is short", "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "needs 12 bytes, it holds 8"],
    ["one that is long", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "needs 4 bytes, it holds 8"],
  ])("is refused with %s", (_, header, why) => {
    expect(() => readNpy("a.npy", npy(header, new Uint8Array(8)))).toThrow(why);
  });

  it("is refused where its header is longer than the file", () => {
    expect(() => readNpy("a.npy", latin1("\x93NUMPY\x01\x00\xff\xff{"))).toThrow("65,535 bytes");
  });
});

const vector = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", bytesOf(Float32Array.of(1, 2)));

describe("an .npz archive", () => {
  it("is read, stored or deflated", async () => {
    const { tensors } = await readTensorBytes("x.npz", zipSync({ "a.npy": [vector, { level: 0 }], "b.npy": vector }));
    expect([...tensors].map(([name, { data }]) => [name, ...data])).toEqual([
      ["a", 1, 2],
      ["b", 1, 2],
    ]);
  });

  it("is refused where a byte is damaged, a member is no array, or it is cut off", async () => {
    const zip = zipSync({ "a.npy": [vector, { level: 0 }] });
    const damaged = Uint8Array.from(zip);
    damaged[30 + 5 + vector.length - 1] = 7;
    await expect(readTensorBytes("x.npz", damaged)).rejects.toThrow("CRC-32");
    await expect(readTensorBytes("x.npz", zipSync({ "a.txt": vector }))).rejects.toThrow('holds "a.txt"');
    await expect(readTensorBytes("x.npz", zip.subarray(0, zip.length - 5))).rejects.toThrow("truncated");
  });

  it("is refused where it declares more or less than it unpacks to", async () => {
    for (const size of [1_000_000, 8]) {
      const zip = zipSync({ "a.npy": new Uint8Array(4096) });
      const view = new DataView(zip.buffer);
      const directory = view.getUint32(zip.length - 6, true);
      view.setUint32(directory + 24, size, true);
      await expect(readTensorBytes("x.npz", zip)).rejects.toThrow(/declares/);
    }
  });
});

describe("a table of numbers", () => {
  const csv = (text: string) => readTensorBytes("x.csv", new TextEncoder().encode(text));

  it("has its numbered columns as one array, in their order", async () => {
    const { tensors, sets } = await csv("label,logit_1,logit_0,conf,set\n3,2.5,1e-3,.5,id\n0,4,3,-1,far\n");
    expect(sets).toEqual(["id", "far"]);
    expect(tensors.get("logits")).toEqual({ dtype: "F64", shape: [2, 2], data: Float64Array.of(1e-3, 2.5, 3, 4) });
    expect(tensors.get("conf")?.shape).toEqual([2]);
    expect([...(tensors.get("label")?.data ?? [])]).toEqual([3, 0]);
  });

  it.each([
    ["logit_0,logit_2,label\n1,2,3\n", "number 1 is missing"],
    ["logit_0,logit_999999999\n1,2\n", "there are 2 in all"],
    ["conf\n1\nx\n", 'Line 3, column "conf": "x" is no number'],
    ["conf,label\n1\n", "Line 2 has 1 fields, the header 2"],
    ["conf,conf\n1,2\n", "Two columns"],
    ["conf\n", "no line below"],
    ["1,2\n3,4\n", "numbers, not names"],
  ])("is refused: %j", async (text, why) => {
    await expect(csv(text)).rejects.toThrow(why);
  });

  it("keeps NaN for whoever judges the numbers", async () => {
    expect([...((await csv("conf\nnan\n-inf\n")).tensors.get("conf")?.data ?? [])]).toEqual([
      Number.NaN,
      Number.NEGATIVE_INFINITY,
    ]);
  });
});

describe("other files", () => {
  it("are told apart by their bytes", async () => {
    const file = writeSafetensors(new Map([["x", { shape: [1], data: Float32Array.of(1) }]]), { who: "me" });
    expect((await readTensorBytes("x", file)).metadata).toEqual({ who: "me" });
    await expect(readTensorBytes("x.txt", latin1("hello world"))).rejects.toThrow("neither .safetensors");
    await expect(readTensorBytes("x.npz", new Uint8Array())).rejects.toThrow("empty");
  });
});

function python(code: string): Uint8Array | null {
  try {
    return execFileSync(
      "python3",
      ["-c", `import io,sys,numpy as np\nb=io.BytesIO()\n${code}\nsys.stdout.buffer.write(b.getvalue())`],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
  } catch {
    return null;
  }
}

const written = python(
  "np.savez(b,c=np.arange(6.).reshape(2,3),f=np.asfortranarray(np.arange(6,dtype='>i4').reshape(3,2)),h=np.float16([1.5,-2]))",
);

describe.skipIf(written === null)("what NumPy itself writes", () => {
  it("is read as it is", async () => {
    const { tensors } = await readTensorBytes("x.npz", written as Uint8Array);
    expect(
      [...tensors].map(([name, { dtype, shape, data }]) => [name, dtype, shape, Array.from(data, Number)]),
    ).toEqual([
      ["c", "F64", [2, 3], [0, 1, 2, 3, 4, 5]],
      ["f", "I32", [3, 2], [0, 1, 2, 3, 4, 5]],
      ["h", "F16", [2], [1.5, -2]],
    ]);
  });
});
