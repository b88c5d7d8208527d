import type { ImageOps, Value } from "../../engine/ops/imageOps.ts";
import type { GradientOps } from "../../engine/ops/tape/gradientOps.ts";
import { Tape } from "../../engine/ops/tape/tape.ts";
import type { Parameters } from "./parameters.ts";

/** Where training computes. */
export interface TrainingDevice {
  readonly ops: ImageOps;
  readonly gradients: GradientOps;
}

/** What a forward pass hands to the backward pass, and what of it is to be read. */
export interface Pass {
  readonly seeds: readonly (readonly [value: Value, gradient: Value])[];
  readonly outputs: readonly Value[];
}

/**
 * Gradients of the parameters by one forward and one backward pass.
 *
 * @param upload lays the parameters out on the tape and gives the pass, which must not wait
 * @returns gradients by name, and the outputs' elements
 */
export async function differentiate(
  { ops, gradients }: TrainingDevice,
  parameters: Parameters,
  upload: (tape: Tape) => Promise<() => Pass>,
): Promise<{ gradients: Map<string, Float32Array>; outputs: Float32Array[] }> {
  const tape = new Tape(ops, gradients);
  for (const { data } of parameters.values()) tape.train(data);
  const pass = await upload(tape);
  let outputs = 0;
  const values = ops.scope(() => {
    const result = pass();
    outputs = result.outputs.length;
    tape.backward(...result.seeds);
    return [...result.outputs, ...[...parameters.values()].map(({ data }) => tape.gradientOf(data))];
  });
  const arrays = await Promise.all(values.map((value) => ops.read(value)));
  for (const value of new Set(values)) ops.free(value);
  tape.dispose();
  const byName = [...parameters.keys()].map((name, i) => [name, arrays[outputs + i] as Float32Array] as const);
  return { gradients: new Map(byName), outputs: arrays.slice(0, outputs) };
}
