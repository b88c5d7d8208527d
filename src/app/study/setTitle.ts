import type { BenchmarkInfo } from "../../data/benchmark.ts";

/** The benchmark's title of a set; its file name where the benchmark is not loaded. */
export function setTitle(benchmark: BenchmarkInfo | null, set: string): string {
  return benchmark?.sets.find((info) => info.name === set)?.title ?? set;
}
