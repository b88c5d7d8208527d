import type { BenchmarkInfo } from "../../data/benchmark.ts";

/** A class by name; by number where the benchmark has no name for it. */
export function className(benchmark: Pick<BenchmarkInfo, "classNames">, label: number): string {
  return benchmark.classNames[label] ?? String(label);
}

/** A confidence with the digits that tell images apart: "0.9987", "−12.3". */
export function scoreText(score: number): string {
  const text = Number(score.toPrecision(4)).toString();
  return text.startsWith("-") ? `−${text.slice(1)}` : text;
}
