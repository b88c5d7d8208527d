import { UndefinedScore } from "../detector.ts";

/** Throws UndefinedScore, naming the first image, unless every number of a split's [count, …] matrix is finite. */
export function checkFinite(values: Float32Array, count: number, what: "logit" | "feature", split: string): void {
  // x − x is 0 or NaN: one pass without a branch, for matrices of millions.
  let differences = 0;
  for (let at = 0; at < values.length; at++) differences += (values[at] as number) - (values[at] as number);
  if (differences === 0) return;
  const bad = values.findIndex((value) => !Number.isFinite(value));
  const image = Math.floor(bad / (values.length / count));
  throw new UndefinedScore(`a ${what} of ${split} image ${image} of ${count} is ${values[bad]}`);
}
