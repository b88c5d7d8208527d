import { CheckpointError } from "../../checkpoints/checkpointError.ts";
import type { StateDictFile, StoredTensor } from "../../checkpoints/stateDict.ts";

/** A tensor that a network of given sizes has. */
export interface ExpectedKey {
  readonly name: string;
  readonly shape: readonly number[];
  /** Trained, or kept beside what is trained. A variance may not be negative. */
  readonly kind: "parameter" | "buffer" | "variance";
  /** true: files without it are as good. */
  readonly optional?: boolean;
}

const FLOATING = new Set(["F64", "F32", "F16", "BF16"]);

/** Count of forward passes in training: no network computes with it, and old files lack it. */
const IRRELEVANT = /(^|\.)num_batches_tracked$/;

const PASSED_OVER = "Passed over, ";

/** Whether a warning is of {@link checkKeys}: the file has what is no part of the network. */
export function isOfKeys(warning: string): boolean {
  return warning.startsWith(PASSED_OVER);
}

/**
 * Compares a checkpoint with what a network of its sizes has.
 *
 * @param what the network, for messages: "a StudioGAN big_resnet generator"
 * @returns warnings: every unexpected key by name
 * @throws CheckpointError that lists every missing and mis-shaped key, every one that holds no floating-point numbers,
 *   and, since they may be the missing ones under other names, every unexpected one
 */
export function checkKeys(file: StateDictFile, what: string, expected: readonly ExpectedKey[]): string[] {
  const faults: string[] = [];
  const names = new Set<string>();
  for (const key of expected) {
    names.add(key.name);
    const found = file.tensors.get(key.name);
    if (found !== undefined) faults.push(...faultsOf(key, found));
    else if (key.optional !== true) faults.push(`missing: ${key.name} ${shapeText(key.shape)}`);
  }
  const unexpected = [...file.tensors]
    .filter(([name]) => !names.has(name) && !IRRELEVANT.test(name))
    .map(([name, { shape }]) => `unexpected: ${name} ${shapeText(shape)}`);
  if (faults.length === 0) return unexpected.map((text) => `${PASSED_OVER}${text}.`);
  const lines = [...faults, ...unexpected].map((fault) => `  ${fault}`).join("\n");
  throw new CheckpointError(
    `This looks like ${what}, but ${faults.length} of its ${expected.length} tensors do not fit:\n${lines}`,
  );
}

function faultsOf(key: ExpectedKey, found: StoredTensor): string[] {
  const faults: string[] = [];
  if (!sameShape(found.shape, key.shape)) {
    faults.push(`mis-shaped: ${key.name} has shape ${shapeText(found.shape)}, expected ${shapeText(key.shape)}`);
  }
  if (!FLOATING.has(found.dtype)) {
    faults.push(`wrong type: ${key.name} holds ${found.dtype}, expected floating-point numbers`);
  }
  return faults;
}

/** Numbers in tensors that are trained. */
export function countParameters(expected: readonly ExpectedKey[]): number {
  return expected
    .filter(({ kind }) => kind === "parameter")
    .reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0);
}

/**
 * The shape of a tensor that other sizes are derived from.
 * @throws CheckpointError where it is missing or has another number of dimensions
 */
export function definingShape(file: StateDictFile, what: string, name: string, dimensions: number): readonly number[] {
  const tensor = file.tensors.get(name);
  if (tensor === undefined) {
    throw new CheckpointError(`This looks like ${what}, but ${name}, which gives its sizes, is missing.`);
  }
  if (tensor.shape.length !== dimensions || tensor.shape.some((extent) => extent < 1)) {
    throw new CheckpointError(
      `This looks like ${what}, but ${name}, which gives its sizes, has shape ${shapeText(tensor.shape)}: expected ${dimensions} dimensions.`,
    );
  }
  return tensor.shape;
}

/**
 * The numbers of a tensor that {@link checkKeys} has passed, as float32.
 * @param warnings gets a sentence that names the tensor where a number is NaN or infinite, or a variance negative
 */
export async function readFloats(file: StateDictFile, key: ExpectedKey, warnings: string[]): Promise<Float32Array> {
  const tensor = file.tensors.get(key.name);
  if (tensor === undefined) throw new CheckpointError(`${key.name} is missing.`);
  const elements = await tensor.read();
  const numbers = elements instanceof Float32Array ? elements : Float32Array.from(elements as Float64Array);
  let broken = 0;
  let negative = 0;
  for (const value of numbers) {
    if (!Number.isFinite(value)) broken++;
    else if (value < 0) negative++;
  }
  const all = numbers.length;
  if (broken > 0) warnings.push(`${key.name}: ${broken} of ${all} numbers are NaN or infinite; images may be NaN.`);
  if (negative > 0 && key.kind === "variance") {
    warnings.push(`${key.name}: ${negative} of ${all} variances are negative; images may be NaN.`);
  }
  return numbers;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
