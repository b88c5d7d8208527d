import { packTar, type TarEntry } from "modern-tar";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../checkpoints/byteSource.ts";
import { listTar } from "./tarEntries.ts";

function file(name: string, text: string): TarEntry {
  return { header: { name, size: text.length, type: "file" }, body: text };
}

async function list(bytes: Uint8Array): Promise<[string, string][]> {
  const entries = await listTar({ name: "a.tar", source: bytesSource(bytes) });
  return Promise.all(
    entries.map(async ({ name, source }): Promise<[string, string]> => {
      return [name, new TextDecoder().decode(await source.read(0, source.size))];
    }),
  );
}

/** The archive with a byte of its first header changed, and the checksum made right again. */
function changed(bytes: Uint8Array, at: number, value: string): Uint8Array {
  const copy = bytes.slice();
  copy.set(new TextEncoder().encode(value), at);
  copy.fill(32, 148, 156);
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\u0000 `), 148);
  return copy;
}

describe("listTar", () => {
  it("finds every file by its path, long ones too, and reads it by range", async () => {
    const long = `${"folder-".repeat(20)}/${"x".repeat(90)}.png`;
    const archive = await packTar([
      { header: { name: "0-disc/", size: 0, type: "directory" } },
      file("./0-disc/0000001.png", "one"),
      file(long, "two"),
      file("empty.png", ""),
      file("last.png", "y".repeat(3000)),
    ]);
    const found = await list(archive);
    expect(found).toEqual([
      ["0-disc/0000001.png", "one"],
      [long, "two"],
      ["empty.png", ""],
      ["last.png", "y".repeat(3000)],
    ]);
  });

  it("refuses what is cut, damaged, or leads elsewhere, saying which", async () => {
    const archive = await packTar([file("a.png", "one"), file("b.png", "two")]);
    await expect(list(archive.slice(0, 1024 + 512))).rejects.toThrow("cut off");
    await expect(list(archive.slice(0, 514))).rejects.toThrow("ends beyond the file");
    const damaged = archive.slice();
    damaged[0] = 0x7a;
    await expect(list(damaged)).rejects.toThrow("The header at byte 0 is damaged");
    await expect(list(changed(archive, 0, "../a.png"))).rejects.toThrow("leads out of the archive");
    await expect(list(changed(archive, 0, "/a.png"))).rejects.toThrow("leads out of the archive");
    await expect(list(changed(archive, 156, "2"))).rejects.toThrow('of kind "2", not a file');
    await expect(list(changed(archive, 124, "77777777777"))).rejects.toThrow("ends beyond the file");
    await expect(list(changed(archive, 124, "x7777777777"))).rejects.toThrow("no ustar header");
  });
});
