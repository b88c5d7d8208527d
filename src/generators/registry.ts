import type { Benchmark } from "../data/benchmark.ts";
import type { Generator, GeneratorFamily, GeneratorInfo } from "./generator.ts";
import { interpolation } from "./interpolation.ts";
import { pcaGaussian } from "./pcaGaussian.ts";
import { simulated } from "./simulated.ts";

/** One entry per architecture; a new one needs its file and its line here. */
const FAMILIES: readonly GeneratorFamily[] = [simulated, interpolation, pcaGaussian];

/** All generators that fit the benchmark, controlled ones first. */
export function listGenerators(benchmark: Benchmark["info"]): GeneratorInfo[] {
  return FAMILIES.flatMap((family) => family.list(benchmark));
}

/**
 * The generator called `id`, fitted to the benchmark's train set where it is learned.
 * @throws RangeError when no generator of this benchmark is called that
 */
export async function createGenerator(id: string, benchmark: Benchmark): Promise<Generator> {
  for (const family of FAMILIES) {
    const generator = await family.create(id, benchmark);
    if (generator !== null) return generator;
  }
  const known = listGenerators(benchmark.info).map((info) => info.id);
  throw new RangeError(`${benchmark.info.title} has no generator "${id}"; it has ${known.join(", ")}.`);
}
