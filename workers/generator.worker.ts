import { blobSource } from "../src/checkpoints/byteSource.ts";
import type { NamedSource } from "../src/checkpoints/checkpointFile.ts";
import { deleteDataset, importFiles, listDatasets } from "../src/data/datasets.ts";
import { pick } from "../src/data/imageSet.ts";
import { createGenerator, listGenerators } from "../src/generators/registry.ts";
import { inspectGenerator } from "../src/generators/uploaded/inspect.ts";
import { keepGenerator } from "../src/generators/uploaded/keep.ts";
import { previewGenerator } from "../src/generators/uploaded/preview.ts";
import { listGeneratorRecords } from "../src/generators/uploaded/records.ts";
import type { GeneratorApi, UploadedFile } from "../src/rpc/api.ts";
import { serve } from "../src/rpc/serve.ts";
import { firstPerClass, listBenchmarks, openBenchmark } from "../src/runs/benchmarks.ts";
import type { Control } from "../src/runs/control.ts";
import { Eta, Throttle } from "../src/runs/eta.ts";
import { labellerHash } from "../src/runs/labels/labeller.ts";
import { deleteGenerator } from "../src/runs/pools/deleteGenerator.ts";
import { exportPool } from "../src/runs/pools/exportPool.ts";
import { fillPool } from "../src/runs/pools/fillPool.ts";
import { nearestImages } from "../src/runs/pools/nearestReal.ts";
import { deletePool, listPools, readPoolRecord } from "../src/runs/pools/poolRecord.ts";
import { poolRoom } from "../src/runs/pools/poolRoom.ts";
import { stoppable } from "../src/runs/stopping.ts";
import { WorkbenchError } from "../src/study/errors.ts";
import { generators, namesOnly } from "./generators.ts";
import { imageOpsFor } from "./imageOps.ts";
import { store } from "./store.ts";
import { turn } from "./turns.ts";

/** Makes images: benchmarks, generators, pools, imported datasets. */
serve<GeneratorApi>("generator", {
  benchmarks: async () => {
    const benchmarks = await listBenchmarks(await store());
    const context = await namesOnly();
    const lists = benchmarks.map(async (info) => [info.id, await listGenerators(info, context)] as const);
    return { benchmarks, generators: Object.fromEntries(await Promise.all(lists)) };
  },
  fillPool: async ({ spec, form, request }, { emit, control }) => {
    const benchmark = await openBenchmark(spec.benchmark, await store());
    return fillPool({ benchmark, spec, form, generators: await generators(request), control, emit, turn });
  },
  poolRoom: async ({ spec, form }) =>
    poolRoom(await namesOnly(), await openBenchmark(spec.benchmark, await store()), spec, form),
  exportPool: async ({ id, format, request }, { control }) => {
    const opened = await store();
    const record = await readPoolRecord(opened, id);
    if (record === undefined) throw new WorkbenchError("pool-missing", `The pool "${id}" is not here any more.`);
    const benchmark = await openBenchmark(record.spec.benchmark, opened);
    const parts: Blob[] = [];
    // Blobs of pieces may lie on disk; their bytes as one array would have to fit into memory.
    for await (const piece of await exportPool(await generators(request), benchmark, record, format)) {
      parts.push(new Blob([piece]));
      await control.breathe();
    }
    return new Blob(parts, { type: format === "npz" ? "application/zip" : "application/x-tar" });
  },
  pools: async () => listPools(await store()),
  deletePool: async (id) => {
    await deletePool(await store(), id);
    return null;
  },
  images: async ({ benchmark, set, indices }) => (await openBenchmark(benchmark, await store())).loadSome(set, indices),
  samples: async ({ benchmark, generator, seed, perClass, request }, { control }) => {
    const opened = await openBenchmark(benchmark, await store());
    const classes = opened.info.classNames.length;
    const made = await createGenerator(generator, opened, await generators(request));
    const count = Math.min(perClass * classes, made.limit ?? Number.POSITIVE_INFINITY);
    const images = await turn(() => made.sample(seed, 0, count, stopping(control, "The drawing")));
    return pick(images, firstPerClass(images.labels, classes, perClass));
  },
  realSamples: async ({ benchmark, perClass }) => {
    const opened = await openBenchmark(benchmark, await store());
    const train = await opened.load("train");
    return pick(train, firstPerClass(train.labels, opened.info.classNames.length, perClass));
  },
  importFiles: async ({ files, as }, { emit }) => {
    const opened = await store();
    const uploads = files.map(({ name, blob }) => ({
      name,
      bytes: async () => new Uint8Array(await blob.arrayBuffer()),
    }));
    return importFiles(uploads, opened, { as, onProgress: (text) => emit({ kind: "notice", text }) });
  },
  datasets: async () => listDatasets(await store()),
  deleteDataset: async (id) => {
    await deleteDataset(await store(), id);
    return null;
  },
  inspectGenerator: ({ files }) => inspectGenerator(sources(files)),
  previewGenerator: async ({ files, request, ...wanted }, { control }) =>
    turn(() =>
      previewGenerator({
        ...wanted,
        files: sources(files),
        openOps: async () => (await imageOpsFor(request)).ops,
        breathe: stopping(control, "The preview"),
      }),
    ),
  keepGenerator: async ({ files, options }, { emit }) => {
    const opened = await store();
    const benchmark = await openBenchmark(options.benchmark, opened);
    const hash = options.labeller === null ? null : await labellerHash(await namesOnly(), options.labeller, benchmark);
    let eta: Eta | null = null;
    const throttle = new Throttle(250);
    return keepGenerator({
      store: opened,
      files: sources(files),
      options,
      benchmark: benchmark.info,
      labellerHash: hash,
      onProgress: (done, total) => {
        eta ??= new Eta(total);
        const etaSeconds = eta.mark(done);
        if (!throttle.ready() && done < total) return;
        emit({ kind: "progress", phase: "pool", done, total, unit: "bytes", etaSeconds });
      },
    });
  },
  uploadedGenerators: async () => listGeneratorRecords(await store()),
  deleteGenerator: async (id) => {
    await deleteGenerator(await store(), id);
    return null;
  },
  nearestReal: async ({ benchmark, images, neighbours }, { control }) => {
    const train = await (await openBenchmark(benchmark, await store())).load("train");
    return nearestImages(images, train, neighbours, () => control.breathe());
  },
});

/** Lets messages in, and rejects once a stop comes that is meant for this job. */
function stopping(control: Control, what: string): () => Promise<void> {
  const { signal, breathe } = stoppable(control, what);
  return async () => {
    await breathe();
    signal.throwIfAborted();
  };
}

function sources(files: readonly UploadedFile[]): NamedSource[] {
  return files.map(({ name, blob }) => ({ name, source: blobSource(blob) }));
}
