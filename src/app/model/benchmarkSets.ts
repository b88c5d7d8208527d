import type { BenchmarkInfo } from "../../data/benchmark.ts";

/** Name of the ID test set; that of the built-in benchmarks while the benchmark is not here. */
export function idTestName(benchmark: BenchmarkInfo | null): string {
  return benchmark?.sets.find((set) => set.group === "id" && set.role === "test")?.name ?? "id_test";
}
