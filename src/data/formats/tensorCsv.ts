import Papa from "papaparse";
import type { SafetensorsTensor } from "../../checkpoints/safetensors.ts";
import { FileError } from "./fileError.ts";

/** `feature_0`, `feature_1` … become one array [rows, columns]; any other column is an array [rows] of its own. */
const NUMBERED = /^(feature|logit|weight)_(\d+)$/;
const PLURAL: Readonly<Record<string, string>> = { feature: "features", logit: "logits", weight: "weight" };

/**
 * Reads a table of numbers with a header line: columns `feature_0 …`, `logit_0 …` (numbered without a gap, in any
 * order), `label`, `set` (text), `score`, `conf` or any other name. Numbers are float64, labels int32.
 * Throws FileError naming line and column.
 */
export function readTensorCsv(
  file: string,
  bytes: Uint8Array,
): { tensors: Map<string, SafetensorsTensor>; sets: string[] | null } {
  const fail = (why: string, remedy = "Correct the table."): never => {
    throw new FileError(file, why, remedy);
  };
  const { data, errors } = Papa.parse<string[]>(decode(file, bytes), { skipEmptyLines: true });
  // A table of one column has no delimiter to be found, which Papa calls an error.
  const [error] = errors.filter(({ type }) => type !== "Delimiter");
  if (error !== undefined) fail(`Line ${(error.row ?? 0) + 1}: ${error.message}.`);
  const [header = [], ...lines] = data;
  const columns = header.map((name) => name.trim());
  if (lines.length === 0) fail("It has no line below its header.");
  const twice = columns.find((name, k) => columns.indexOf(name) !== k);
  if (twice !== undefined) fail(`Two columns are named "${twice}".`);
  if (columns.every((name) => name !== "" && Number.isFinite(Number(name)))) {
    fail("Its first line is numbers, not names.", "Put a header line in front: feature_0,…,logit_0,…,label.");
  }
  const ragged = lines.findIndex((line) => line.length !== columns.length);
  if (ragged >= 0) fail(`Line ${ragged + 2} has ${lines[ragged]?.length} fields, the header ${columns.length}.`);
  const number = (row: number, column: number): number => {
    const text = lines[row]?.[column]?.trim() ?? "";
    const value = Number(text);
    const spelled = /^[+-]?(nan|inf|infinity)$/i.test(text);
    if (text === "" || (Number.isNaN(value) && !spelled)) {
      fail(`Line ${row + 2}, column "${columns[column]}": "${text.slice(0, 30)}" is no number.`);
    }
    return spelled ? spelledNumber(text) : value;
  };
  const rows = lines.length;
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, members] of groups(columns, fail)) {
    const values = new Float64Array(rows * members.length);
    for (let row = 0; row < rows; row++) {
      for (const [k, column] of members.entries()) values[row * members.length + k] = number(row, column);
    }
    const matrix = columns.some((column) => PLURAL[NUMBERED.exec(column)?.[1] ?? ""] === name);
    tensors.set(name, { dtype: "F64", shape: matrix ? [rows, members.length] : [rows], data: values });
  }
  const set = columns.indexOf("set");
  return { tensors, sets: set < 0 ? null : lines.map((line) => (line[set] as string).trim()) };
}

/** Names of the arrays and the columns they are made of, in order. */
function groups(columns: readonly string[], fail: (why: string) => never): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [column, name] of columns.entries()) {
    if (name === "set") continue;
    const [, kind, index] = NUMBERED.exec(name) ?? [];
    const key = kind === undefined ? name : (PLURAL[kind] as string);
    if (Number(index ?? 0) >= columns.length)
      fail(`The columns of ${key} go up to ${index}; there are ${columns.length} in all.`);
    const members = found.get(key) ?? [];
    found.set(key, members);
    members[kind === undefined ? 0 : Number(index)] = column;
  }
  for (const [name, members] of found) {
    const gap = Array.from(members).indexOf(undefined as never);
    if (gap >= 0) fail(`The columns of ${name} go up to ${members.length - 1}, but number ${gap} is missing.`);
  }
  return found;
}

function spelledNumber(text: string): number {
  if (/nan/i.test(text)) return Number.NaN;
  return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function decode(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FileError(file, "It is not UTF-8 text.", "Save it as CSV in UTF-8.", { cause });
  }
}
