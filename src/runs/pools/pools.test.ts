import { afterAll, describe, expect, it } from "vitest";
import { bytesSource } from "../../checkpoints/byteSource.ts";
import type { NamedSource } from "../../checkpoints/checkpointFile.ts";
import { shapesBenchmark } from "../../data/shapes/shapesBenchmark.ts";
import { plainOps } from "../../engine/ops/plain/plainOps.ts";
import { smallCheckpoint } from "../../generators/architectures/ddpm/testing/smallUNet.ts";
import type { GeneratorContext } from "../../generators/generator.ts";
import { createGenerator } from "../../generators/registry.ts";
import { safetensorsOf, tinyGanFile } from "../../generators/testing/checkpointFiles.ts";
import { bareContext } from "../../generators/testing/context.ts";
import { keepGenerator } from "../../generators/uploaded/keep.ts";
import { MemoryStore } from "../../storage/memory.ts";
import type { KeepGeneratorOptions } from "../../study/generatorRecord.ts";
import type { PoolForm, PoolSpec } from "../../study/pool.ts";
import { ControlSwitch } from "../control.ts";
import type { ProgressEvent } from "../events.ts";
import { keys } from "../keys.ts";
import { deleteGenerator } from "./deleteGenerator.ts";
import { exportPool } from "./exportPool.ts";
import { fillPool } from "./fillPool.ts";
import { loadPool } from "./openPool.ts";
import { chunkEntry, readPoolChunk } from "./poolChunk.ts";
import { listPools, poolForm, readPoolRecord } from "./poolRecord.ts";
import { poolRoom } from "./poolRoom.ts";

const benchmark = shapesBenchmark({ train: 40 });
const spec: PoolSpec = { benchmark: "shapes", generator: "pca-gaussian", size: 1500, seed: 7 };
const options: KeepGeneratorOptions = {
  title: null,
  benchmark: "shapes",
  settings: {},
  labels: "uniform",
  classMap: null,
  labeller: null,
  provenance: "unknown",
};
const turn = <T>(work: () => Promise<T>): Promise<T> => work();

function fill(
  generators: GeneratorContext,
  wanted = spec,
  more: { form?: PoolForm; control?: ControlSwitch; emit?: (event: ProgressEvent) => void } = {},
) {
  const { control = new ControlSwitch(), emit = () => {}, form } = more;
  return fillPool({ benchmark, spec: wanted, generators, control, emit, turn, ...(form ? { form } : {}) });
}

describe("a pool", () => {
  it("is the same filled at once, stopped and resumed, or after a crash between drawing and writing", async () => {
    const [whole, stopped] = [bareContext(), bareContext()];
    await fill(whole);
    const control = new ControlSwitch();
    const first = await fill(stopped, spec, { control, emit: () => control.set("stop", null) });
    expect(first.filled).toBeGreaterThan(0);
    expect(first.filled).toBeLessThan(1024);
    await fill(stopped);
    const store = new MemoryStore();
    let writes = 0;
    const crashing = Object.assign(Object.create(store) as MemoryStore, {
      write: async (batch: Parameters<MemoryStore["write"]>[0]) => {
        if (++writes === 2) throw new Error("power cut");
        return store.write(batch);
      },
    });
    await expect(fill(bareContext(crashing))).rejects.toThrow("power cut");
    expect((await listPools(store))[0]?.filled).toBe(1024);
    await fill(bareContext(store));
    const expected = await loadPool(whole, benchmark, spec);
    for (const context of [stopped, bareContext(store)]) {
      const pool = await loadPool(context, benchmark, spec);
      expect(Buffer.compare(pool.images, expected.images)).toBe(0);
      expect(pool.labels).toEqual(expected.labels);
    }
  }, 30_000);

  it("kept as seeds takes no room and reads the same images", async () => {
    const [pixels, seeds] = [bareContext(), bareContext()];
    const wanted = { ...spec, size: 1100 };
    await fill(pixels, wanted);
    const record = await fill(seeds, wanted, { form: "seeds" });
    expect([record.filled, record.bytes]).toEqual([1100, 0]);
    const [a, b] = [await loadPool(pixels, benchmark, wanted), await loadPool(seeds, benchmark, wanted)];
    expect(Buffer.compare(a.images, b.images)).toBe(0);
    expect(a.labels).toEqual(b.labels);
  });

  it("kept as JPEG is near its pixels, smaller, and the same at every reading", async () => {
    // jpeg-js takes 14 ms an image whatever its size: a few will do.
    const generator = await createGenerator("pca-gaussian", benchmark, bareContext());
    const plain = await generator.sample(7, 0, 12);
    const store = new MemoryStore();
    const entry = chunkEntry("jpeg", plain);
    await store.write([[keys.poolChunk("p", 0), entry]]);
    const record = { id: "p", spec, generatorFingerprint: "", filled: 12, bytes: 0, form: "jpeg" } as const;
    const source = { store, record, generator, height: 32, width: 32 };
    const read = await readPoolChunk(source, 0, 12);
    expect(await readPoolChunk(source, 0, 12)).toEqual(read);
    expect(read.labels).toEqual(plain.labels);
    expect(entry.meta).toEqual({ quality: 95 });
    expect(entry.arrays.jpeg?.byteLength).toBeLessThan(0.6 * plain.images.length);
    const error = plain.images.reduce((sum, value, p) => sum + Math.abs(value - (read.images[p] as number)), 0);
    expect(error / plain.images.length).toBeGreaterThan(0);
    expect(error / plain.images.length).toBeLessThan(12);
    const large = { ...benchmark.info, height: 128, width: 128 };
    expect([poolForm(undefined, null, generator, large), poolForm(undefined, null, generator, benchmark.info)]).toEqual(
      ["jpeg", "pixels"],
    );
  });

  it("that does not fit is refused before anything is drawn, with numbers and what could go", async () => {
    const store = new MemoryStore();
    await fill(bareContext(store), { ...spec, generator: "simulated-1", size: 1000 });
    const { used } = await store.usage();
    const tight = bareContext(
      Object.assign(Object.create(store) as MemoryStore, { usage: async () => ({ used, quota: used + 2_000_000 }) }),
    );
    const room = await poolRoom(tight, benchmark, { ...spec, size: 3000 }, null);
    expect(room).toMatchObject({ needed: 3000 * 3076, fits: false });
    expect(room.suggestion).toEqual([]);
    await expect(fill(tight, { ...spec, size: 3000 })).rejects.toThrow("needs 10 MB more; 4 MB of 6 MB are in use");
    const small = await poolRoom(tight, benchmark, spec, null);
    expect(small.suggestion.map(({ spec: { generator } }) => generator)).toEqual(["simulated-1"]);
    await expect(fill(tight)).rejects.toThrow(/Delete the pool shapes\.simulated-1/);
    expect((await poolRoom(tight, benchmark, spec, "seeds")).fits).toBe(true);
    expect((await listPools(store)).length).toBe(1);
  });

  it.each(["npz", "tar"] as const)(
    "exported as .%s and dropped in again has the same bytes, in the same order",
    async (format) => {
      const store = new MemoryStore();
      const context = bareContext(store);
      const wanted = { ...spec, size: 1100 };
      const { id } = await fill(context, wanted);
      const record = await readPoolRecord(store, id);
      if (record === undefined) throw new Error("no record");
      const pieces: Uint8Array[] = [];
      for await (const piece of await exportPool(context, benchmark, record, format)) pieces.push(piece);
      const file: NamedSource = { name: `pool.${format}`, source: bytesSource(Buffer.concat(pieces)) };
      const kept = await keepGenerator({
        store,
        files: [file],
        benchmark: benchmark.info,
        labellerHash: null,
        options,
      });
      expect(kept.images?.count).toBe(1100);
      const again = { ...wanted, generator: kept.id };
      const refilled = await fill(context, again);
      expect([refilled.form, refilled.bytes]).toEqual(["seeds", 0]);
      const [a, b] = [await loadPool(context, benchmark, wanted), await loadPool(context, benchmark, again)];
      expect(Buffer.compare(a.images, b.images)).toBe(0);
      expect(a.labels).toEqual(b.labels);
      await expect(fill(context, { ...again, size: 1101 })).rejects.toMatchObject({ code: "pool-too-large" });
    },
    30_000,
  );
});

describe("a pool of an uploaded generator", () => {
  const ops = plainOps();
  afterAll(() => ops.dispose());

  it("has the generator's own images and labels, and goes with its generator", async () => {
    const store = new MemoryStore();
    const context = bareContext(store, { openOps: async () => ops });
    const classMap = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1];
    const mapped = { ...options, classMap };
    const record = await keepGenerator({
      store,
      files: [await tinyGanFile()],
      benchmark: benchmark.info,
      labellerHash: null,
      options: mapped,
    });
    const pool = await fill(context, { ...spec, generator: record.id, size: 100 });
    expect([pool.filled, pool.pseudoLabels, pool.form]).toEqual([100, null, "pixels"]);
    const made = await createGenerator(record.id, benchmark, context);
    const loaded = await loadPool(context, benchmark, { ...spec, generator: record.id, size: 100 });
    expect(loaded.images).toEqual((await made.sample(7, 0, 100)).images);
    await deleteGenerator(store, record.id);
    expect(await store.keys("")).toEqual([]);
  }, 30_000);

  it("without classes has its labels counted as a classifier gives them, stopped and resumed as at once", async () => {
    const file = { name: "unet.safetensors", source: bytesSource(await safetensorsOf(smallCheckpoint("pesser"))) };
    const labeller = { kind: "imported", id: "theirs" } as const;
    const wanted = { ...options, settings: { sampler: "ddim", steps: 1 } as const, labeller };
    const filled = async (stop: boolean) => {
      const store = new MemoryStore();
      const job = { files: [file], benchmark: benchmark.info, labellerHash: "ab", options: wanted };
      const { id } = await keepGenerator({ ...job, store });
      const context = bareContext(store, {
        openOps: async () => ops,
        openLabeller: async () => ({
          label: async (images, count) => ({
            labels: Int32Array.from({ length: count }, (_, i) => (images[i * 3072] as number) % 10),
            confidence: Float32Array.from({ length: count }, (_, i) => ((images[i * 3072 + 1] as number) % 100) / 100),
          }),
        }),
      });
      const pool = { ...spec, generator: id, size: 90 };
      if (stop) {
        const control = new ControlSwitch();
        const part = await fill(context, pool, { control, emit: () => control.set("stop", null) });
        expect(part.filled).toBeGreaterThan(0);
        expect(part.filled).toBeLessThan(90);
      }
      const record = await fill(context, pool);
      return { record, images: await loadPool(context, benchmark, pool) };
    };
    const [whole, resumed] = [await filled(false), await filled(true)];
    expect(resumed).toEqual(whole);
    const { pseudoLabels } = whole.record;
    expect(pseudoLabels).toMatchObject({ labeller, count: 90 });
    const counts = Array.from({ length: 10 }, (_, k) => whole.images.labels.filter((label) => label === k).length);
    expect(pseudoLabels?.histogram).toEqual(counts);
    expect(pseudoLabels?.confidence.reduce((sum, n) => sum + n, 0)).toBe(90);
  }, 30_000);
});
