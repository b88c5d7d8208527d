import { UndefinedScore } from "./detector.ts";

/** Throws UndefinedScore, naming the first image, unless every number of a split's [count, …] matrix is finite. */
export function checkFinite(values: Float32Array, count: number, what: "logit" | "feature", split: string): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const image = Math.floor(bad / (values.length / count));
  throw new UndefinedScore(`a ${what} of ${split} image ${image} of ${count} is ${values[bad]}`);
}
