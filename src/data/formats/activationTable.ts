import type { SafetensorsTensor } from "../../checkpoints/safetensors.ts";
import { FileError } from "./fileError.ts";
import type { TensorFile } from "./tensorFile.ts";

/** [rows, columns], row-major, finite. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** What a file says of some images, one row each. */
export interface ActivationTable {
  readonly file: string;
  readonly count: number;
  readonly features: Matrix | null;
  readonly logits: Matrix | null;
  /** [count] whole numbers from −1 on. */
  readonly labels: Int32Array | null;
  /** [count] confidences, larger = more in-distribution, by method; "" where the file names none. */
  readonly scores: ReadonlyMap<string, Float32Array>;
  /** The set of each row, where the file has a column `set`. */
  readonly sets: readonly string[] | null;
  /** Arrays that were passed over, with their shapes. */
  readonly passedOver: readonly string[];
}

/** Names by which arrays go: those of CLI.md, and those of OpenOOD's own .npz files. */
const FEATURES = /^(features|feat_list)$/;
const LOGITS = /^logits$/;
const LABELS = /^(labels?|label_list)$/;
const SCORES = /^(?:scores?|conf)(?:_(\w+))?$/;

/**
 * The rows of a file: `features` [N, d], `logits` [N, K], `labels` [N], `score` or `conf` [N] (`score_NAME` for several
 * methods). Floats become float32. Throws FileError, naming array and shapes, where an array has another number of
 * dimensions, arrays disagree in N, there is no row, or a number is not finite.
 */
export function activationTable({ name: file, tensors, sets }: TensorFile): ActivationTable {
  let features: Matrix | null = null;
  let logits: Matrix | null = null;
  let labels: Int32Array | null = null;
  const scores = new Map<string, Float32Array>();
  const passedOver: string[] = [];
  const counts: [what: string, rows: number][] = sets === null ? [] : [["the column set", sets.length]];
  for (const [name, tensor] of tensors) {
    const method = SCORES.exec(name);
    if (FEATURES.test(name)) features = matrix(file, name, tensor);
    else if (LOGITS.test(name)) logits = matrix(file, name, tensor);
    else if (LABELS.test(name)) labels = wholeNumbers(file, name, tensor);
    else if (method !== null) scores.set(method[1] ?? "", vector(file, name, tensor));
    else {
      passedOver.push(`${name} ${shapeText(tensor)}`);
      continue;
    }
    counts.push([`${name} ${shapeText(tensor)}`, tensor.shape[0] ?? 0]);
  }
  const [first] = counts;
  if (first === undefined || (features === null && logits === null && scores.size === 0)) {
    const found = passedOver.length === 0 ? "nothing else" : passedOver.slice(0, 8).join(", ");
    throw new FileError(file, `It has no features, logits or scores; found were ${found}.`, "Name the arrays so.");
  }
  const other = counts.find(([, rows]) => rows !== first[1]);
  if (other !== undefined) {
    throw new FileError(
      file,
      `${first[0]} and ${other[0]} differ in their number of rows.`,
      "Write one row per image.",
    );
  }
  if (first[1] === 0) throw new FileError(file, `${first[0]} has no row: the set is empty.`, "Leave the set out.");
  return { file, count: first[1], features, logits, labels, scores, sets, passedOver };
}

/** A linear head: `weight` [K, d], `bias` [K]. Throws FileError where they are missing or disagree. */
export function headTable({ name: file, tensors }: TensorFile): {
  readonly weight: Matrix;
  readonly bias: Float32Array;
} {
  const get = (name: string, alternative: string): [string, SafetensorsTensor] => {
    for (const key of [name, alternative]) {
      const tensor = tensors.get(key);
      if (tensor !== undefined) return [key, tensor];
    }
    const found = [...tensors].map(([key, tensor]) => `${key} ${shapeText(tensor)}`).slice(0, 8);
    throw new FileError(
      file,
      `It has no tensor ${name}; found were ${found.join(", ")}.`,
      "A head is weight [K,d] and bias [K].",
    );
  };
  const [weightName, weightTensor] = get("weight", "fc.weight");
  const [biasName, biasTensor] = get("bias", "fc.bias");
  const weight = matrix(file, weightName, weightTensor);
  const bias = vector(file, biasName, biasTensor);
  if (weight.rows !== bias.length) {
    throw new FileError(
      file,
      `${weightName} ${shapeText(weightTensor)} and ${biasName} ${shapeText(biasTensor)} disagree in K.`,
      "A head is weight [K,d] and bias [K].",
    );
  }
  if (weight.rows < 2 || weight.columns < 1) {
    throw new FileError(
      file,
      `${weightName} ${shapeText(weightTensor)} is no head of two or more classes.`,
      "A head is weight [K,d] and bias [K].",
    );
  }
  return { weight, bias };
}

/** "[1000, 64]" */
export function shapeText({ shape }: { readonly shape: readonly number[] }): string {
  return `[${shape.join(", ")}]`;
}

function matrix(file: string, name: string, tensor: SafetensorsTensor): Matrix {
  const [rows, columns] = tensor.shape;
  if (tensor.shape.length !== 2 || rows === undefined || columns === undefined || (columns === 0 && rows > 0)) {
    throw new FileError(
      file,
      `${name} has shape ${shapeText(tensor)}, not two dimensions [N, columns].`,
      "Write one row per image.",
    );
  }
  return { rows, columns, data: float32(file, name, tensor, columns) };
}

function vector(file: string, name: string, tensor: SafetensorsTensor): Float32Array {
  if (tensor.shape.length !== 1) {
    throw new FileError(
      file,
      `${name} has shape ${shapeText(tensor)}, not one dimension [N].`,
      "Write one number per row.",
    );
  }
  return float32(file, name, tensor, 1);
}

function float32(file: string, name: string, { dtype, data, shape }: SafetensorsTensor, columns: number): Float32Array {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) {
    throw new FileError(file, `${name} ${shapeText({ shape })} is ${dtype}, not floats.`, "Save it as float32.");
  }
  const values = data instanceof Float32Array ? data : Float32Array.from(data);
  for (let k = 0; k < values.length; k++) {
    if (Number.isFinite(values[k])) continue;
    const [row, column] = [Math.floor(k / columns), k % columns];
    const place = shape.length === 1 ? `row ${row}` : `row ${row}, column ${column}`;
    throw new FileError(
      file,
      `${name} ${shapeText({ shape })} holds ${data[k]} in ${place}.`,
      "Only finite float32 numbers can be scored.",
    );
  }
  return values;
}

function wholeNumbers(file: string, name: string, tensor: SafetensorsTensor): Int32Array {
  if (tensor.shape.length !== 1) {
    throw new FileError(
      file,
      `${name} has shape ${shapeText(tensor)}, not one dimension [N].`,
      "Write one label per row.",
    );
  }
  const labels = new Int32Array(tensor.data.length);
  for (let k = 0; k < labels.length; k++) {
    const value = Number(tensor.data[k]);
    if (!Number.isInteger(value) || value < -1 || value >= 2 ** 31) {
      throw new FileError(
        file,
        `${name} ${shapeText(tensor)} holds ${value} in row ${k}, no class index.`,
        "Labels are 0 … K − 1.",
      );
    }
    labels[k] = value;
  }
  return labels;
}
