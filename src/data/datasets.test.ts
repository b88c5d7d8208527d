import { existsSync, readFileSync } from "node:fs";
import { encode as encodePng } from "fast-png";
import { gzipSync } from "fflate";
import { encode as encodeJpeg } from "jpeg-js";
import { packTar } from "modern-tar";
import { beforeEach, describe, expect, it } from "vitest";
import { readSafetensors } from "../checkpoints/safetensors.ts";
import { MemoryStore } from "../storage/memory.ts";
import { type Entry, StoreError } from "../storage/store.ts";
import { deleteDataset, type ImportOptions, importFiles, listDatasets, loadDataset } from "./datasets.ts";
import { importContract } from "./datasetsContract.ts";
import type { NamedFile } from "./formats/fileError.ts";

const file = (name: string, bytes: Uint8Array): NamedFile => ({ name, bytes: async () => bytes });

/** CIFAR-10 records; record i has label i mod 10 and every pixel i. */
function cifar10(count: number, from = 0): Uint8Array {
  const bytes = new Uint8Array(count * 3073);
  for (let i = 0; i < count; i++) {
    bytes.fill(from + i, i * 3073, (i + 1) * 3073);
    bytes[i * 3073] = i % 10;
  }
  return bytes;
}

function idx(shape: number[], data: Uint8Array): Uint8Array {
  const header = [0, 0, 8, shape.length, ...shape.flatMap((n) => [n >> 24, n >> 16, n >> 8, n])];
  return new Uint8Array([...header, ...data]);
}

function png(value: number, side = 40): Uint8Array {
  return encodePng({ width: side, height: side, data: new Uint8Array(side * side * 3).fill(value), channels: 3 });
}

function jpeg(value: number): Uint8Array {
  return new Uint8Array(encodeJpeg({ width: 36, height: 48, data: new Uint8Array(36 * 48 * 4).fill(value) }, 90).data);
}

const tar = (files: Record<string, Uint8Array>) =>
  packTar(Object.entries(files).map(([name, body]) => ({ header: { name, size: body.length, type: "file" }, body })));

let store = new MemoryStore();
beforeEach(() => {
  store = new MemoryStore();
});

/** Imports into `store`; gives "id" or "refused: message" per file. */
async function drop(files: Record<string, Uint8Array>, options: ImportOptions = {}): Promise<Record<string, string>> {
  const outcomes = await importFiles(
    Object.entries(files).map(([name, bytes]) => file(name, bytes)),
    store,
    options,
  );
  return Object.fromEntries(
    outcomes.map(({ file, ok, message, dataset }) => [file, ok ? (dataset ?? "aside") : `refused: ${message}`]),
  );
}

describe("importing", () => {
  importContract(async () => store);

  it("makes one train set of the batches dropped together, in the order of their names", async () => {
    const files = {
      "cifar/data_batch_2.bin": cifar10(20, 100),
      "cifar/data_batch_1.bin": cifar10(1100),
      "cifar/test_batch.bin": cifar10(30),
      "cifar/readme.html": new Uint8Array(3),
    };
    expect(await drop(files)).toEqual({
      "cifar/data_batch_1.bin": "cifar10-train",
      "cifar/data_batch_2.bin": "cifar10-train",
      "cifar/test_batch.bin": "cifar10-test",
      "cifar/readme.html": "aside",
    });
    const [test, train] = await listDatasets(store);
    expect(train).toMatchObject({ id: "cifar10-train", count: 1120, classes: 10, lossless: true });
    expect(train?.classNames[6]).toBe("frog");
    expect(train?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(train?.hash).not.toBe(test?.hash);
    // Two chunks: a set beyond one and its images at the seam.
    const some = await loadDataset(store, "cifar10-train", [1119, 1023, 1024, 0, 0]);
    expect([...some.labels]).toEqual([9, 3, 4, 0, 0]);
    const pixels = [0, 1, 2, 3].map((k) => some.images[k * 3072 + 7]);
    expect(pixels).toEqual([119, 1023 & 255, 1024 & 255, 0]);
    const all = await loadDataset(store, "cifar10-train");
    expect([all.count, all.images.length, all.images[1119 * 3072]]).toEqual([1120, 1120 * 3072, 119]);
    await expect(loadDataset(store, "cifar10-train", [1120])).rejects.toThrow(/has 1120 images, none at 1120/);
  });

  it("reads a tar.gz, with class names beside the data", async () => {
    const records = new Uint8Array(2 * 3074).fill(5);
    records.set([19, 99], 3074);
    const names = Array.from({ length: 100 }, (_, k) => `thing-${k}`).join("\n");
    const packed = gzipSync(
      await tar({
        "cifar-100-binary/test.bin": records,
        "cifar-100-binary/fine_label_names.txt": new TextEncoder().encode(names),
      }),
    );
    expect(await drop({ "cifar-100-binary.tar.gz": packed })).toEqual({ "cifar-100-binary.tar.gz": "cifar100-test" });
    expect((await listDatasets(store))[0]).toMatchObject({
      count: 2,
      classes: 100,
      files: ["cifar-100-binary.tar.gz"],
    });
    expect((await listDatasets(store))[0]?.classNames[99]).toBe("thing-99");
  });

  it("pairs idx files, and takes the user's name for files called like MNIST's", async () => {
    const images = gzipSync(idx([2, 28, 28], new Uint8Array(2 * 784).fill(200)));
    const labels = gzipSync(idx([2], Uint8Array.of(0, 9)));
    const pair = { "t10k-images-idx3-ubyte.gz": images, "t10k-labels-idx1-ubyte.gz": labels };
    expect(Object.values(await drop(pair))).toEqual(["mnist-test", "mnist-test"]);
    expect(Object.values(await drop(pair, { as: "fashion" }))).toEqual(["fashion", "fashion"]);
    const both = {
      ...pair,
      "train-images.idx3-ubyte": idx([1, 28, 28], new Uint8Array(784)),
      "train-labels.idx1-ubyte": idx([1], Uint8Array.of(3)),
    };
    expect(new Set(Object.values(await drop(both, { as: "kuzushiji" })))).toEqual(
      new Set(["kuzushiji-test", "kuzushiji-train"]),
    );
    const set = await loadDataset(store, "fashion");
    expect([set.height, ...set.labels, set.images[0]]).toEqual([32, 0, 9, 200]);
  });

  it("gives a folder and a tar of it the same dataset", async () => {
    const files = {
      "dtd/images/banded/b.png": png(10),
      "dtd/images/banded/a.jpg": jpeg(90),
      "dtd/images/dotted/c.png": png(30, 32),
    };
    expect(await drop(files)).toEqual({ dtd: "texture" });
    const folder = (await listDatasets(store))[0];
    expect(folder).toMatchObject({ count: 3, classNames: ["banded", "dotted"], lossless: false });
    expect(folder?.note).toMatch(/JPEG \(lossy\) and PNG .* 32 to 48 pixels a side/);
    await deleteDataset(store, "texture");
    expect(await drop({ "dtd-r1.0.1.tar": await tar(files) })).toEqual({ "dtd-r1.0.1.tar": "texture" });
    expect((await listDatasets(store))[0]?.hash).toBe(folder?.hash);
    const set = await loadDataset(store, "texture");
    expect([...set.labels]).toEqual([0, 0, 1]);
    expect([set.images[3072], set.images[6144]]).toEqual([10, 30]);
  });

  it("splits train and val folders, and asks for a name it cannot know", async () => {
    const files = {
      "things/train/cat/images/1.png": png(1),
      "things/train/dog/images/2.png": png(2),
      "things/val/images/3.png": png(3),
    };
    const [outcome] = await importFiles(
      Object.entries(files).map(([name, bytes]) => file(name, bytes)),
      store,
    );
    expect(outcome).toMatchObject({ ok: false, needs: "name", file: "things" });
    await drop({ "things/train/cat/images/1.png": png(1), "things/train/dog/images/2.png": png(2) }, { as: "pets" });
    expect((await listDatasets(store)).map(({ id, classNames }) => [id, ...classNames])).toEqual([
      ["pets", "cat", "dog"],
    ]);
  });

  it("names a dataset once only, and never touches the one that is there", async () => {
    await drop({ "test_batch.bin": cifar10(10) });
    const before = await listDatasets(store);
    expect((await drop({ "test_batch.bin": cifar10(20) }))["test_batch.bin"]).toMatch(
      /refused: There is a dataset "cifar10-test" already \(10 images .*Delete it first/,
    );
    expect(await listDatasets(store)).toEqual(before);
  });
});

describe("bad input", () => {
  const good = { "test_batch.bin": cifar10(10) };
  const grey16 = readSafetensors(
    new Uint8Array(readFileSync("src/data/formats/fixtures/png-modes.safetensors")),
  ).tensors;
  const deep = grey16.get("mode/grey16/png")?.data as Uint8Array;
  const manyClasses = (n: number) =>
    Object.fromEntries(Array.from({ length: n }, (_, k) => [`many/class${k}/a.png`, png(k & 255, 2)]));

  it.each<[string, Record<string, Uint8Array> | Promise<Record<string, Uint8Array>>, string, RegExp]>([
    ["truncated .bin", { "data_batch_1.bin": new Uint8Array(30_000) }, "data_batch_1.bin", /30,000 bytes.*Download/],
    [
      "wrong record size",
      { "a/b.bin": new Uint8Array(3072 * 4) },
      "a/b.bin",
      /12,288 bytes are not a multiple of 3,073/,
    ],
    ["gzip that is not", { "x.tar.gz": cifar10(1) }, "x.tar.gz", /not gzip.*Download it again/],
    [
      "16-bit grey PNG",
      { "svhn/a/x.png": deep },
      "svhn",
      /svhn\/a\/x\.png: It is a 16-bit greyscale.*"clip" or "high-byte"/,
    ],
    [
      "images nobody can read",
      { "svhn/a/x.png": png(1).subarray(0, 60) },
      "svhn",
      /svhn\/a\/x\.png: It is cut off.*Download/,
    ],
    ["empty folder", {}, "(empty folder)", /no files in it.*Choose/],
    [
      "folder without images",
      { "f/a.txt": new Uint8Array(1), "f/b.dat": Uint8Array.of(1) },
      "f/b.dat",
      /no known kind/,
    ],
    ["1,001 classes", manyClasses(1001), "many", /1,001 class folders; at most 1,000.*Drop fewer/],
    [
      "1,000-class labels",
      {
        "train-images-idx3-ubyte": idx([1, 2, 2], new Uint8Array(4)),
        "train-labels-idx1-ubyte": Uint8Array.of(0, 0, 12, 1, 0, 0, 0, 1, 0, 0, 3, 231),
      },
      "train-labels-idx1-ubyte",
      /32-bit integers.*256 classes.*a folder per class/,
    ],
    [
      "a tar with ../ names",
      tar({ "../evil.png": png(1) }).then((t) => ({ "e.tar": t })),
      "e.tar",
      /"\.\.\/evil\.png" leads out.*unpack/,
    ],
    ["a zip", { "a.zip": new TextEncoder().encode("PK\x03\x04...") }, "a.zip", /zip.*unpacked folder/],
    [".mat", { "train_32x32.mat": new TextEncoder().encode("MATLAB 5.0 MAT-file") }, "train_32x32.mat", /MATLAB.*PNG/],
    ["a pickle", { data_batch_1: Uint8Array.of(0x80, 2, 0x7d) }, "data_batch_1", /pickle.*binary version/],
    [
      "images without labels",
      { "t10k-images-idx3-ubyte": idx([1, 2, 2], new Uint8Array(4)) },
      "t10k-images-idx3-ubyte",
      /labels are missing/,
    ],
  ])(
    "%s: names the file, the reason and the remedy; what is good beside it is imported",
    async (_, bad, name, message) => {
      const outcomes = await drop(await bad);
      expect(outcomes[name]).toMatch(/^refused: /);
      expect(outcomes[name]).toMatch(message);
      expect(await store.keys("")).toEqual([]);
      await drop(good);
      const before = await listDatasets(store);
      await drop({ ...(await bad), "other/test.bin": new Uint8Array(3074) });
      expect((await listDatasets(store)).map(({ id }) => id)).toEqual(["cifar10-test", "cifar100-test"]);
      expect(await listDatasets(store)).toContainEqual(before[0]);
      expect((await loadDataset(store, "cifar10-test")).count).toBe(10);
    },
  );

  it("says of both files of a pair why neither is imported", async () => {
    const pair = {
      "train-images-idx3-ubyte": idx([2, 2, 2], new Uint8Array(8)),
      "train-labels-idx1-ubyte": idx([1], Uint8Array.of(1)),
    };
    expect(await drop(pair)).toEqual({
      "train-images-idx3-ubyte": expect.stringMatching(/^refused: .*train-labels-idx1-ubyte belongs to it/),
      "train-labels-idx1-ubyte": expect.stringMatching(/^refused: It holds 1 labels for the 2 images/),
    });
  });

  it("leaves other files of an archive aside, unless there is nothing else", async () => {
    const mat = new TextEncoder().encode("MATLAB 5.0 MAT-file");
    const dtd = await tar({ "dtd/imdb/imdb.mat": mat, "dtd/images/dotted/a.png": png(1) });
    expect(await drop({ "dtd.tar": dtd })).toEqual({ "dtd.tar": "texture" });
    expect((await drop({ "m.tar": await tar({ "a.mat": mat }) }))["m.tar"]).toMatch(
      /m\.tar\/a\.mat: It is a MATLAB file/,
    );
  });

  it("imports 16-bit grey by the rule the user names, and greyscale as RGB, and says so", async () => {
    await drop(
      { "f/a/x.png": deep, "f/b/y.png": grey16.get("mode/grey8/png")?.data as Uint8Array },
      { as: "f", grey16: "clip" },
    );
    expect((await listDatasets(store))[0]?.note).toMatch(
      /1 images: grey to RGB, 16 bits clipped at 255\. 1 images: grey to RGB\./,
    );
  });

  it("takes exactly 1,000 classes, but not as a set of ten", async () => {
    expect((await drop(manyClasses(1000), { as: "cifar10-train" })).many).toMatch(
      /has 10 classes, these files have 1,000/,
    );
    expect((await drop(manyClasses(1000), { as: "thousand" })).many).toBe("thousand");
  });

  it("leaves unreadable images out and names them", async () => {
    const outcomes = await drop({
      "svhn/1/a.png": png(1),
      "svhn/2/b.png": png(2).subarray(0, 50),
      "svhn/2/c.png": png(3),
    });
    expect(outcomes.svhn).toBe("svhn");
    expect(outcomes["svhn/2/b.png"]).toMatch(/cut off.*The other images are imported/);
    expect((await listDatasets(store))[0]).toMatchObject({
      count: 2,
      note: expect.stringMatching(/1 images could not/),
    });
  });

  it("does not make half a train set when one of its batches is damaged", async () => {
    const outcomes = await drop({ "data_batch_1.bin": cifar10(10), "data_batch_2.bin": cifar10(10).subarray(5) });
    expect(outcomes["data_batch_1.bin"]).toMatch(/data_batch_2\.bin belongs to the same set/);
    expect(await store.keys("")).toEqual([]);
  });

  it("refuses a name that is none", async () => {
    expect(await drop(good, { as: "../x" })).toEqual({
      "test_batch.bin": expect.stringMatching(/cannot name a dataset/),
    });
  });

  it("leaves nothing behind when the store is full in the middle", async () => {
    class Full extends MemoryStore {
      override async write(batch: readonly (readonly [string, Entry | null])[]): Promise<void> {
        if (batch.some(([key]) => key.endsWith("/00002"))) throw new StoreError("quota", "No room.");
        await super.write(batch);
      }
    }
    store = new Full();
    expect(await drop({ "test_batch.bin": cifar10(2500) })).toEqual({ "test_batch.bin": "refused: No room." });
    expect(await store.keys("")).toEqual([]);
  });
});

const data = "../shared/data";

describe.skipIf(!existsSync(data))("real files", () => {
  const real = (name: string) => ({ [name]: new Uint8Array(readFileSync(`${data}/${name}`)) });

  it("CIFAR, MNIST, Fashion-MNIST and Places as they come", async () => {
    const progress: string[] = [];
    const outcomes = await drop(
      {
        ...real("cifar-10-batches-bin/data_batch_1.bin"),
        ...real("cifar-10-batches-bin/data_batch_2.bin"),
        ...real("cifar-10-batches-bin/test_batch.bin"),
        ...real("cifar-10-batches-bin/batches.meta.txt"),
        ...real("cifar-10-batches-bin/official_test_part.bin"),
        ...real("cifar-100-binary/test.bin"),
        ...real("cifar-100-binary/fine_label_names.txt"),
        ...real("mnist/t10k-images-idx3-ubyte.gz"),
        ...real("mnist/t10k-labels-idx1-ubyte.gz"),
        ...real("fashion-mnist/t10k-images-idx3-ubyte.gz"),
        ...real("fashion-mnist/t10k-labels-idx1-ubyte.gz"),
        ...real("places/miniplaces-val.tar"),
        ...real("svhn/train_32x32.mat"),
      },
      { onProgress: (text) => progress.push(text) },
    );
    const records = new Map((await listDatasets(store)).map((record) => [record.id, record]));
    expect([...records].map(([id, { count, classes }]) => [id, count, classes])).toEqual([
      ["cifar10-test", 2000, 10],
      ["cifar10-train", 10000, 10],
      ["cifar100-test", 1017, 100],
      ["fashion-mnist-test", 2000, 10],
      ["mnist-test", 2000, 10],
      ["places365", 1000, 0],
    ]);
    expect(records.get("cifar100-test")?.classNames[0]).toBe("apple");
    expect(records.get("places365")?.note).toMatch(/MiniPlaces.*JPEG \(lossy\); 128 pixels a side/);
    expect(outcomes["cifar-10-batches-bin/official_test_part.bin"]).toMatch(/without a known name/);
    expect(outcomes["svhn/train_32x32.mat"]).toMatch(/MATLAB/);
    expect(progress).toContain("cifar10-train: 9,984 of 10,000 images");
  });
});
