import { describe, expect, it } from "vitest";
import type { Entry, Store } from "./store.ts";

/**
 * What every Store must do; only tests import this.
 * @param open a store that is empty, or, with `again`, the one opened last as a new process would find it
 */
export function storeContract(open: (again?: boolean) => Promise<Store>, forgets = false): void {
  const entry = (n: number): Entry => ({ meta: { n }, arrays: { x: Float32Array.of(n, n + 1) } });

  describe("store contract", () => {
    it("gives back every kind of array and JSON, exactly", async () => {
      const store = await open();
      const written: Entry = {
        meta: { text: 'ü "quoted" \n', list: [1, 2.5, null, true], nested: { a: {} }, tiny: 5e-324 },
        arrays: {
          u8: Uint8Array.of(0, 255),
          i32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
          u32: Uint32Array.of(2 ** 32 - 1),
          f32: Float32Array.of(Number.NaN, -0, Number.POSITIVE_INFINITY, 1e-45),
          f64: Float64Array.of(Math.PI, 5e-324),
          empty: new Float32Array(0),
        },
      };
      await store.write([["cells/a-1/checkpoint", written]]);
      expect(await store.read("cells/a-1/checkpoint")).toEqual(written);
      expect(await store.readMeta("cells/a-1/checkpoint")).toEqual(written.meta);
      expect(await store.read("cells/a-1")).toBeUndefined();
      expect(await store.readMeta("cells/a-1/other")).toBeUndefined();
    });

    it("keeps null, a scalar and no arrays apart from absence", async () => {
      const store = await open();
      await store.write([
        ["null", { meta: null, arrays: {} }],
        ["zero", { meta: 0, arrays: {} }],
      ]);
      expect(await store.read("null")).toEqual({ meta: null, arrays: {} });
      expect(await store.readMeta("zero")).toBe(0);
    });

    it("shares no memory with the caller", async () => {
      const store = await open();
      const whole = Uint8Array.of(9, 1, 2, 9);
      const meta = { list: [1] };
      await store.write([["k", { meta, arrays: { view: whole.subarray(1, 3) } }]]);
      whole.fill(7);
      meta.list.push(2);
      const read = await store.read("k");
      expect(read).toEqual({ meta: { list: [1] }, arrays: { view: Uint8Array.of(1, 2) } });
      read?.arrays.view?.fill(5);
      expect((await store.read("k"))?.arrays.view).toEqual(Uint8Array.of(1, 2));
    });

    it("stores from shared memory", async () => {
      const store = await open();
      const shared = new Float32Array(new SharedArrayBuffer(8));
      shared[1] = 3;
      await store.write([["k", { meta: 0, arrays: { shared } }]]);
      expect((await store.read("k"))?.arrays.shared).toEqual(Float32Array.of(0, 3));
    });

    it("replaces, deletes, and lets the last of two writes of a key win", async () => {
      const store = await open();
      await store.write([
        ["a", entry(1)],
        ["b", entry(1)],
      ]);
      await store.write([
        ["a", entry(2)],
        ["b", null],
        ["absent", null],
        ["c", entry(3)],
        ["c", entry(4)],
      ]);
      expect(await store.read("a")).toEqual(entry(2));
      expect(await store.read("b")).toBeUndefined();
      expect(await store.read("c")).toEqual(entry(4));
    });

    it("changes nothing when any part of a batch is refused", async () => {
      const store = await open();
      await store.write([["a", entry(1)]]);
      const bad: (readonly [string, Entry | null])[] = [
        ["../escape", entry(2)],
        ["a//b", entry(2)],
        ["", null],
        ["nan", { meta: { loss: Number.NaN }, arrays: {} }],
        ["words", { meta: 0, arrays: { w: new Uint16Array(1) as unknown as Uint8Array } }],
      ];
      for (const write of bad) await expect(store.write([["a", entry(2)], write])).rejects.toThrow();
      expect(await store.keys("")).toEqual(["a"]);
      expect(await store.read("a")).toEqual(entry(1));
    });

    it("lists keys by prefix, sorted, and a key may be the folder of others", async () => {
      const store = await open();
      const keys = [
        "pools/a",
        "pools/a/chunks/00001",
        "pools/a/chunks/00000",
        "pools/ab",
        "runs/x",
        "pools-2",
        "P",
        "P.safetensors/x",
      ];
      await store.write(keys.map((key, n) => [key, entry(n)] as const));
      expect(await store.keys("")).toEqual([...keys].sort());
      expect(await store.keys("pools/a")).toEqual([
        "pools/a",
        "pools/a/chunks/00000",
        "pools/a/chunks/00001",
        "pools/ab",
      ]);
      expect(await store.keys("pools/a/ch")).toEqual(["pools/a/chunks/00000", "pools/a/chunks/00001"]);
      expect(await store.keys("none")).toEqual([]);
      expect(await store.readMeta("P.safetensors/x")).toEqual({ n: 7 });
      expect(await store.keys("P.safe")).toEqual(["P.safetensors/x"]);
      await store.deleteAll("pools/a/");
      expect(await store.keys("pools")).toEqual(["pools-2", "pools/a", "pools/ab"]);
      await expect(store.deleteAll("")).rejects.toThrow(/prefix/);
    });

    it("serves concurrent writers in some order, each batch whole", async () => {
      const store = await open();
      const batches = Array.from({ length: 8 }, (_, n) =>
        store.write([
          ["x", entry(n)],
          ["y", entry(n)],
        ]),
      );
      const during = store.read("y");
      await Promise.all([...batches, during]);
      expect(await store.readMeta("x")).toEqual(await store.readMeta("y"));
    });

    it("says how much is in use", async () => {
      const store = await open();
      await store.write([["big", { meta: 0, arrays: { x: new Uint8Array(500_000).fill(7) } }]]);
      const { used, quota } = await store.usage();
      expect(used).toBeGreaterThan(0);
      if (quota !== null) expect(quota).toBeGreaterThan(used);
    });

    it.skipIf(forgets)("still has everything when opened again", async () => {
      const store = await open();
      await store.write([["a/b", entry(1)]]);
      const again = await open(true);
      expect(await again.read("a/b")).toEqual(entry(1));
      expect(await again.keys("")).toEqual(["a/b"]);
    });
  });
}
