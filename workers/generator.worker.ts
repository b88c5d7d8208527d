import { deleteDataset, importFiles, listDatasets } from "../src/data/datasets.ts";
import { pick } from "../src/data/imageSet.ts";
import { createGenerator, listGenerators } from "../src/generators/registry.ts";
import type { GeneratorApi } from "../src/rpc/api.ts";
import { serve } from "../src/rpc/serve.ts";
import { firstPerClass, listBenchmarks, openBenchmark } from "../src/runs/benchmarks.ts";
import { keys } from "../src/runs/keys.ts";
import { fillPool, listPools } from "../src/runs/pools/poolJob.ts";
import { generators } from "./generators.ts";
import { store } from "./store.ts";
import { turn } from "./turns.ts";

/** Makes images: benchmarks, generators, pools, imported datasets. */
serve<GeneratorApi>("generator", {
  benchmarks: async () => {
    const benchmarks = await listBenchmarks(await store());
    const context = await generators();
    const lists = benchmarks.map(async (info) => [info.id, await listGenerators(info, context)] as const);
    return { benchmarks, generators: Object.fromEntries(await Promise.all(lists)) };
  },
  fillPool: async (spec, { emit, control }) => {
    const opened = await store();
    const benchmark = await openBenchmark(spec.benchmark, opened);
    return fillPool({ benchmark, spec, generators: await generators(), control, emit, turn });
  },
  pools: async () => listPools(await store()),
  deletePool: async (id) => {
    await (await store()).deleteAll(keys.poolPrefix(id));
    return null;
  },
  images: async ({ benchmark, set, indices }) => (await openBenchmark(benchmark, await store())).loadSome(set, indices),
  samples: async ({ benchmark, generator, seed, perClass }) => {
    const opened = await openBenchmark(benchmark, await store());
    const classes = opened.info.classNames.length;
    const made = await createGenerator(generator, opened, await generators());
    const images = await made.sample(seed, 0, perClass * classes);
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
});
