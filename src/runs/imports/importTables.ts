import type { SafetensorsTensor } from "../../checkpoints/safetensors.ts";
import { type ActivationTable, activationTable, type Matrix } from "../../data/formats/activationTable.ts";
import { baseName, FileError } from "../../data/formats/fileError.ts";
import type { TensorFile } from "../../data/formats/tensorFile.ts";
import type { SetAssignment } from "./importOptions.ts";

/** The rows of one set in one file. */
export interface SetTable {
  /** As the file names it; null where the whole file is one set. */
  readonly set: string | null;
  readonly table: ActivationTable;
}

/**
 * The sets of a file: one, those of its column `set`, or those of its tensors METHOD/SET (scores.safetensors). Scores
 * without a method of their own are called by the file where it holds several sets, else "scores".
 */
export function setTables(file: TensorFile): SetTable[] {
  const scores = scoreTensors(file);
  if (scores !== null) return scores;
  const table = activationTable(file);
  if (table.sets === null) return [{ set: null, table: named(table, "scores") }];
  const rows = new Map<string, number[]>();
  for (const [row, set] of table.sets.entries()) {
    const members = rows.get(set) ?? [];
    rows.set(set, members);
    members.push(row);
  }
  const whole = named(table, stem(file.name));
  return [...rows].map(([set, members]) => ({ set, table: pickRows(whole, members) }));
}

/** Role and group that a set's or file's name suggests: "id_test", "cifar10_train.npz", "near_cifar100" … */
export function suggestedSet(name: string): SetAssignment {
  const words = stem(name).toLowerCase();
  const set =
    stem(name)
      .replace(/[^A-Za-z0-9._-]+/g, "_")
      .replace(/^[._-]+/, "") || "set";
  const has = (pattern: string): boolean => new RegExp(`(^|[^a-z])(${pattern})([^a-z]|$)`).test(words);
  const ood = has("ood|near|far|mnist|svhn|texture|textures|dtd|places|places365|tin|lsun|isun") || /ood/.test(words);
  const val = has("val|valid|validation|oodval|idval");
  if (!ood && has("train|training|bank")) return { set: "train", group: "id", role: "train" };
  if (!ood && val) return { set: "id_val", group: "id", role: "val" };
  if (!ood && has("id|test|in|ind")) return { set: "id_test", group: "id", role: "test" };
  const near = has("near|tin|cifar\\d*|cifar");
  return { set, group: near ? "near" : "far", role: val ? "val" : "test" };
}

function scoreTensors({ name, tensors }: TensorFile): SetTable[] | null {
  const entries = [...tensors].map(([key, tensor]): [string[], SafetensorsTensor] => [key.split("/"), tensor]);
  if (entries.length === 0 || !entries.every(([parts]) => parts.length === 2)) return null;
  const bySet = new Map<string, Map<string, SafetensorsTensor>>();
  for (const [[method = "", set = ""], tensor] of entries) {
    const methods = bySet.get(set) ?? new Map<string, SafetensorsTensor>();
    bySet.set(set, methods);
    methods.set(`score_${method.replace(/\W/g, "_")}`, tensor);
  }
  return [...bySet].map(([set, methods]) => ({
    set,
    table: activationTable({ name: `${name}: ${set}`, tensors: methods, sets: null, metadata: {} }),
  }));
}

function named(table: ActivationTable, method: string): ActivationTable {
  return { ...table, scores: new Map([...table.scores].map(([name, scores]) => [name || method, scores])) };
}

function pickRows(table: ActivationTable, rows: readonly number[]): ActivationTable {
  const matrix = (from: Matrix | null): Matrix | null => {
    if (from === null) return null;
    const data = new Float32Array(rows.length * from.columns);
    for (const [k, row] of rows.entries()) {
      data.set(from.data.subarray(row * from.columns, (row + 1) * from.columns), k * from.columns);
    }
    return { rows: rows.length, columns: from.columns, data };
  };
  return {
    ...table,
    count: rows.length,
    features: matrix(table.features),
    logits: matrix(table.logits),
    labels: table.labels && Int32Array.from(rows, (row) => table.labels?.[row] as number),
    scores: new Map(
      [...table.scores].map(([name, all]) => [name, Float32Array.from(rows, (row) => all[row] as number)]),
    ),
    sets: null,
  };
}

function stem(path: string): string {
  return baseName(path).replace(/\.(safetensors|npz|npy|csv|ckpt|pth|pt)$/i, "");
}

/** Throws FileError unless the name can be a set's. */
export function checkSetName(file: string, set: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(set)) {
    throw new FileError(file, `"${set}" is no name of a set.`, 'Use letters, digits, ".", "_" and "-".');
  }
}
