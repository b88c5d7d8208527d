import type { Benchmark } from "../data/benchmark.ts";
import { embedded } from "./embedded/embedded.ts";
import type { Generator, GeneratorContext, GeneratorFamily, GeneratorInfo } from "./generator.ts";
import { interpolation } from "./simple/interpolation.ts";
import { pcaGaussian } from "./simple/pcaGaussian.ts";
import { simulated } from "./simple/simulated.ts";
import { uploaded } from "./uploaded/uploaded.ts";

/** One entry per family; a new one needs its file and its line here. */
const FAMILIES: readonly GeneratorFamily[] = [simulated, interpolation, pcaGaussian, embedded, uploaded];

/** All generators that fit the benchmark, controlled ones first. */
export async function listGenerators(
  benchmark: Benchmark["info"],
  context: GeneratorContext,
): Promise<GeneratorInfo[]> {
  const lists: GeneratorInfo[] = [];
  for (const family of FAMILIES) lists.push(...(await family.list(benchmark, context)));
  return lists;
}

/**
 * The generator called `id`, fitted to the benchmark's train set where it is learned.
 * @throws RangeError when no generator of this benchmark is called that
 */
export async function createGenerator(id: string, benchmark: Benchmark, context: GeneratorContext): Promise<Generator> {
  for (const family of FAMILIES) {
    const generator = await family.create(id, benchmark, context);
    if (generator !== null) return generator;
  }
  const known = (await listGenerators(benchmark.info, context)).map((info) => info.id);
  throw new RangeError(`${benchmark.info.title} has no generator "${id}"; it has ${known.join(", ")}.`);
}
