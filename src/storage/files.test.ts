import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readSafetensors } from "../checkpoints/safetensors.ts";
import { FilesStore } from "./files.ts";
import { storeContract } from "./storeContract.ts";

/** A power cut: once `left` changes have reached the disk, nothing does any more. */
const power = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const cut = () => {
    if (power.left-- <= 0) throw Object.assign(new Error("power cut"), { code: "EIO" });
  };
  const open: typeof real.open = async (path, flags, mode) => {
    if (flags === "wx") cut();
    const file = await real.open(path, flags, mode);
    const write = file.writeFile.bind(file);
    file.writeFile = async (data, options) => {
      if (power.left === 0 && data instanceof Uint8Array) await write(data.subarray(0, data.length >> 1));
      cut();
      await write(data, options);
    };
    return file;
  };
  const guarded = <A extends unknown[], R>(action: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      cut();
      return action(...args);
    };
  };
  return { ...real, open, rename: guarded(real.rename), rm: guarded(real.rm), mkdir: guarded(real.mkdir) };
});

const folders: string[] = [];
let root = "";

beforeEach(async () => {
  power.left = Number.POSITIVE_INFINITY;
  root = await mkdtemp(join(tmpdir(), "sio-store-"));
  folders.push(root);
});

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

storeContract(() => FilesStore.open(root));

describe("FilesStore", () => {
  it("writes files that any safetensors reader opens", async () => {
    const store = await FilesStore.open(root);
    await store.write([["cells/a/checkpoint", { meta: { step: 3 }, arrays: { fc: Float32Array.of(1, 2) } }]]);
    const { metadata, tensors } = readSafetensors(await readFile(join(root, "cells/a/checkpoint.safetensors")));
    expect(metadata).toEqual({ meta: '{"step":3}' });
    expect(tensors.get("fc")).toEqual({ dtype: "F32", shape: [2], data: Float32Array.of(1, 2) });
  });

  it("is all or nothing at whatever step the power fails", async () => {
    let outcomes = "";
    for (let steps = 0; steps < 60; steps++) {
      const folder = join(root, String(steps));
      const store = await FilesStore.open(folder);
      const state = (n: number) => ({ meta: n, arrays: { x: new Uint8Array(100).fill(n) } });
      await store.write([
        ["a/x", state(1)],
        ["b", state(1)],
        ["gone", state(1)],
      ]);
      power.left = steps;
      const done = await store
        .write([
          ["a/x", state(2)],
          ["b", state(2)],
          ["new/y", state(2)],
          ["gone", null],
        ])
        .then(
          () => true,
          () => false,
        );
      power.left = Number.POSITIVE_INFINITY;
      const after = await FilesStore.open(folder);
      const keys = (await after.keys("")).join(" ");
      const n = await after.readMeta("b");
      expect(keys).toBe(n === 2 ? "a/x b new/y" : "a/x b gone");
      for (const key of keys.split(" ")) expect(await after.read(key)).toEqual(state(n as number));
      expect(await readdir(join(folder, "~staging"))).toEqual([]);
      if (done) expect(n).toBe(2);
      outcomes += done ? "d" : String(n);
    }
    // First nothing happened, then recovery finished it, then it was done: never back and forth.
    expect(outcomes).toMatch(/^1{8,}2{4,}d+$/);
  });

  it("does not touch the batch of a live store in the same folder", async () => {
    const store = await FilesStore.open(root);
    const big = { meta: 0, arrays: { x: new Uint8Array(4_000_000) } };
    const writing = store.write(["a", "b", "c", "d"].map((key) => [key, big] as const));
    for (let i = 0; i < 20; i++) await FilesStore.open(root);
    await writing;
    expect(await store.keys("")).toEqual(["a", "b", "c", "d"]);
  });

  it("names a damaged file", async () => {
    const store = await FilesStore.open(root);
    await store.write([["runs/7", { meta: 1, arrays: { x: new Float32Array(10) } }]]);
    const path = join(root, "runs/7.safetensors");
    await truncate(path, 70);
    for (const read of [store.read("runs/7"), store.readMeta("runs/7")]) {
      await expect(read).rejects.toMatchObject({ code: "corrupt", message: expect.stringContaining(path) });
    }
    await writeFile(path, "");
    await expect(store.readMeta("runs/7")).rejects.toMatchObject({ code: "corrupt" });
  });

  it("leaves a folder of a newer schema untouched", async () => {
    await writeFile(join(root, "~schema.json"), '{"schema":2}');
    await expect(FilesStore.open(root)).rejects.toMatchObject({ code: "newer-schema" });
    expect(await readdir(root)).toEqual(["~schema.json"]);
  });

  it("says that a folder cannot be used", async () => {
    await writeFile(join(root, "file"), "");
    await expect(FilesStore.open(join(root, "file"))).rejects.toMatchObject({ code: "io" });
  });
});
