import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "fflate";
import { packTar, type TarHeader } from "modern-tar";
import { describe, expect, it } from "vitest";
import { parseCifarBinary } from "./cifarBinary.ts";
import { gunzip } from "./gzip.ts";
import { idxImageSet, parseIdx } from "./idx.ts";
import { readTar } from "./tar.ts";

const noise = (n: number) => Uint8Array.from({ length: n }, (_, i) => (i * 2654435761) >>> 24);

/** n records whose pixels are all (record + plane) and whose labels are given. */
function cifar(labels: number[][]): Uint8Array {
  const records = labels.map((bytes, i) => [...bytes, ...new Uint8Array(3072).map((_, p) => i + (p >> 10))]);
  return Uint8Array.from(records.flat());
}

describe("CIFAR binary", () => {
  it("takes count, labels and interleaved pixels from the file", () => {
    const ten = parseCifarBinary("x.bin", cifar([[3], [9]]));
    expect([ten.kind, ten.set.count, [...ten.set.labels]]).toEqual(["cifar10", 2, [3, 9]]);
    expect([...ten.set.images.subarray(3072, 3078)]).toEqual([1, 2, 3, 1, 2, 3]);
    const hundred = parseCifarBinary("x.bin", cifar([[19, 99]]));
    expect([hundred.kind, [...hundred.set.labels]]).toEqual(["cifar100", [99]]);
  });

  it("refuses other sizes with the numbers", () => {
    expect(() => parseCifarBinary("data_batch_1.bin", new Uint8Array(30_000))).toThrow(
      "data_batch_1.bin: 30,000 bytes are not a multiple of 3,073 (CIFAR-10) or 3,074 (CIFAR-100). Download it again",
    );
    expect(() => parseCifarBinary("a.bin", cifar([[1], [2]]).subarray(1))).toThrow(/6,145 bytes/);
    expect(() => parseCifarBinary("a.bin", new Uint8Array(0))).toThrow(/0 bytes/);
  });

  it("names the record with an impossible label", () => {
    expect(() => parseCifarBinary("a.bin", cifar([[1], [200]]))).toThrow(/record 1 has label 200 where at most 9/);
  });

  it("decides a size of both layouts by the labels, then by the name", () => {
    const both = 3073 * 3074;
    const zeros = new Uint8Array(both);
    expect(parseCifarBinary("data_batch_1.bin", zeros).kind).toBe("cifar10");
    expect(parseCifarBinary("cifar-100/train.bin", zeros).kind).toBe("cifar100");
    // As a CIFAR-10 file its record 1 would have label 50.
    const fine = new Uint8Array(both);
    fine[3073] = 50;
    expect(parseCifarBinary("data_batch_1.bin", fine).kind).toBe("cifar100");
  });
});

describe("idx", () => {
  const idx = (type: number, shape: number[], data: number[]) =>
    Uint8Array.from([0, 0, type, shape.length, ...shape.flatMap((n) => [n >> 24, n >> 16, n >> 8, n]), ...data]);
  const images = { file: "i", ...parseIdx("i", idx(8, [1, 2, 2], [0, 80, 160, 240])) };

  it("repeats grey in three channels and resizes", () => {
    const labels = { file: "l", ...parseIdx("l", idx(8, [1], [7])) };
    const set = idxImageSet(images, labels, 2);
    expect([...set.images]).toEqual([0, 0, 0, 80, 80, 80, 160, 160, 160, 240, 240, 240]);
    expect([set.count, ...set.labels]).toEqual([1, 7]);
    expect(idxImageSet(images, labels, 4).images.length).toBe(48);
  });

  it("refuses wrong sizes, types and partners", () => {
    expect(() => parseIdx("f", idx(8, [3, 2, 2], [1]))).toThrow(/announces 3 × 2 × 2 bytes of data, but holds 1/);
    expect(() => parseIdx("f", idx(12, [1], [0, 0, 3, 231]))).toThrow(/32-bit integers; .* 256 classes/);
    expect(() => parseIdx("f", Uint8Array.of(1, 2, 3))).toThrow(/idx/);
    const two = { file: "labels", ...parseIdx("labels", idx(8, [2], [7, 8])) };
    expect(() => idxImageSet(images, two, 4)).toThrow(/^labels: It holds 2 labels for the 1 images of i/);
    expect(() => idxImageSet(two, two, 4)).toThrow(/swapped/);
  });
});

describe("gzip", () => {
  const plain = noise(300_000);
  const packed = gzipSync(plain);

  it("gives back the bytes, also of several members", () => {
    expect(gunzip("a.gz", packed, 1e6)).toEqual(plain);
    const twice = new Uint8Array([...packed, ...gzipSync(Uint8Array.of(1, 2))]);
    expect(gunzip("a.gz", twice, 1e6)).toEqual(new Uint8Array([...plain, 1, 2]));
  });

  it("says what a file is that is not gzip", () => {
    const html = new TextEncoder().encode("<!DOCTYPE html>");
    expect(() => gunzip("train.gz", html, 1e6)).toThrow(/^train\.gz: It is not gzip.*web page.*without \.gz/);
  });

  it("finds cut and damaged files", () => {
    for (const length of [2, 10, 20, 1000, packed.length - 9, packed.length - 1]) {
      expect(() => gunzip("a.gz", packed.subarray(0, length), 1e6)).toThrow(/^a\.gz: It is damaged or cut off/);
    }
    const damaged = packed.slice();
    damaged[packed.length - 5] = (damaged[packed.length - 5] as number) ^ 1;
    expect(() => gunzip("a.gz", damaged, 1e6)).toThrow(/checksum/);
  });

  it("stops a bomb at the limit", () => {
    expect(() => gunzip("a.gz", gzipSync(new Uint8Array(50_000_000)), 1e6)).toThrow(/more than 1,000,000 bytes/);
  });
});

describe("tar", () => {
  const tar = (...headers: Partial<TarHeader>[]) =>
    packTar(
      headers.map((h) => ({ header: { name: "x", size: 1, type: "file", ...h }, body: "a".repeat(h.size ?? 1) })),
    );

  it("lists the files", async () => {
    const long = `${"deep/".repeat(30)}x.bin`;
    const files = await readTar("a.tar", await tar({ name: "./a/b.png" }, { name: long }, { name: "e", size: 0 }));
    expect(files.map(({ name, bytes }) => [name, bytes.length])).toEqual([
      ["a/b.png", 1],
      [long, 1],
      ["e", 0],
    ]);
  });

  it.each([
    [{ name: "ok/../../evil.png" }, /^a\.tar: Its entry "ok\/\.\.\/\.\.\/evil\.png" leads out.*Nothing of it was/],
    [{ name: "/etc/passwd" }, /absolute path/],
    [{ name: "C:\\x" }, /absolute path/],
    [{ name: "link", type: "symlink", linkname: "/etc/passwd", size: 0 }, /symlink to "\/etc\/passwd"/],
    [{ name: "hard", type: "link", linkname: "x", size: 0 }, /is a link to/],
  ] as [Partial<TarHeader>, RegExp][])("refuses %j", async (header, message) => {
    await expect(readTar("a.tar", await tar({ name: "fine.png" }, header))).rejects.toThrow(message);
  });

  it("finds a cut archive and a damaged header", async () => {
    const whole = await tar({ name: "a", size: 5000 });
    await expect(readTar("a.tar", whole.subarray(0, 3000))).rejects.toThrow(/^a\.tar: It is damaged or cut off/);
    const damaged = whole.slice();
    damaged[3] = 77;
    await expect(readTar("a.tar", damaged)).rejects.toThrow(/damaged/);
  });
});

const data = "../shared/data";

describe.skipIf(!existsSync(data))("real containers", () => {
  const read = (name: string) => new Uint8Array(readFileSync(`${data}/${name}`));

  it("CIFAR: balanced labels, published channel means", () => {
    const { kind, set } = parseCifarBinary("data_batch_1.bin", read("cifar-10-batches-bin/data_batch_1.bin"));
    expect([kind, set.count]).toEqual(["cifar10", 5000]);
    const sums = [0, 0, 0];
    for (let i = 0; i < set.images.length; i++) sums[i % 3] = (sums[i % 3] as number) + (set.images[i] as number);
    const means = sums.map((sum) => sum / (set.images.length / 3) / 255);
    for (const [c, mean] of [0.4914, 0.4822, 0.4465].entries()) expect(means[c]).toBeCloseTo(mean, 2);
    for (let k = 0; k < 10; k++) expect(set.labels.filter((label) => label === k)).toHaveLength(500);
    expect(parseCifarBinary("test.bin", read("cifar-100-binary/test.bin"))).toMatchObject({
      kind: "cifar100",
      set: { count: 1017 },
    });
  });

  it("MNIST: zero background, 32 × 32", () => {
    const open = (file: string) => ({ file, ...parseIdx(file, gunzip(file, read(`mnist/${file}`), 1e8)) });
    const set = idxImageSet(open("t10k-images-idx3-ubyte.gz"), open("t10k-labels-idx1-ubyte.gz"), 32);
    expect([set.count, set.height, set.images[0]]).toEqual([2000, 32, 0]);
    for (let k = 0; k < 10; k++) expect(set.labels.filter((label) => label === k)).toHaveLength(200);
  });
});
