import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { BenchmarkInfo } from "../src/data/benchmark.ts";
import { planGenerator } from "../src/generators/uploaded/keep.ts";
import { readGeneratorRecord } from "../src/generators/uploaded/records.ts";
import { openBenchmark } from "../src/runs/benchmarks.ts";
import type { Store } from "../src/storage/store.ts";
import { messageOf } from "../src/study/errors.ts";
import type { KeepGeneratorOptions } from "../src/study/generatorRecord.ts";
import type { Provenance } from "../src/study/provenance.ts";
import type { GeneratorFile, Study } from "../src/study/study.ts";
import { BadInput } from "./context.ts";
import { withSources } from "./sources.ts";

/** Whether a --generator is a file or folder rather than the name of a generator. */
export async function namesFile(text: string): Promise<boolean> {
  return (await stat(text).catch(() => null)) !== null;
}

/** A file as a generator of a study: its id follows from its bytes. Nothing is kept yet. */
export async function generatorFile(
  path: string,
  benchmark: BenchmarkInfo,
  provenance: Provenance,
): Promise<GeneratorFile> {
  const paths = [resolve(path)];
  try {
    const { record } = await withSources(paths, (files) =>
      planGenerator({ files, options: options(benchmark.id, provenance), benchmark, labellerHash: null }),
    );
    return { id: record.id, paths, provenance };
  } catch (error) {
    throw new BadInput(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Keeps the files of a study's generators in the run's store, those that are not there yet. */
export async function keepGeneratorFiles(study: Study, store: Store, say: (text: string) => void): Promise<void> {
  const { info } = await openBenchmark(study.benchmark, store);
  for (const { id, paths, provenance } of study.generatorFiles ?? []) {
    if ((await readGeneratorRecord(store, id)) !== undefined) continue;
    try {
      say(`Keeping ${paths.join(", ")} in the store.`);
      const job = { options: options(info.id, provenance), benchmark: info, labellerHash: null };
      const now = await withSources(paths, async (files) => {
        const { record, write } = await planGenerator({ ...job, files });
        if (record.id === id) await write(store);
        return record.id;
      });
      if (now === id) continue;
      throw new BadInput(
        `It has changed since the study was planned (it is ${now} now, ${id} then). Plan the study again.`,
      );
    } catch (error) {
      throw new BadInput(`${paths.join(", ")}: ${messageOf(error)}`, { cause: error });
    }
  }
}

function options(benchmark: string, provenance: Provenance): KeepGeneratorOptions {
  return { title: null, benchmark, settings: {}, labels: "balanced", classMap: null, labeller: null, provenance };
}
