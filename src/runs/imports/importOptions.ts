import type { DetectorPreset } from "../../detection/detector.ts";
import type { ImportKind } from "../../study/rescore.ts";

/** A dropped file. */
export interface ImportFile {
  /** Path-like; unique among the files. */
  readonly name: string;
  readonly blob: Blob;
}

/** Where a set stands that came from outside. */
export interface SetAssignment {
  /** Its name in the evaluation: letters, digits, ".", "_", "-". */
  readonly set: string;
  /** near or far for OOD sets. */
  readonly group: "id" | "near" | "far";
  /** ID: train and val fit detectors, test is judged. OOD: val is searched on, test is judged. */
  readonly role: "train" | "val" | "test";
}

/** What a file is taken for. */
export type FileUse =
  | ({ readonly use: "set" } & SetAssignment)
  /** Each row's set stands in the column `set`, or each tensor is METHOD/SET: ImportOptions.sets says which is which. */
  | { readonly use: "sets" }
  /** weight [K, d], bias [K]. */
  | { readonly use: "head" }
  | { readonly use: "checkpoint" }
  | { readonly use: "nothing" };

/** How files become an evaluation. */
export interface ImportOptions {
  readonly name: string;
  readonly preset: DetectorPreset;
  /** By file name, as in InspectedFile.name; a file that is not in here is not used. */
  readonly files: Readonly<Record<string, FileUse>>;
  /** By set name inside files of use "sets"; a set that is not in here is not used. */
  readonly sets: Readonly<Record<string, SetAssignment>>;
  /** Checkpoints only: whose images it is evaluated on. */
  readonly benchmark: string | null;
  /** Fraction; what the ID test accuracy should be. null = the checkpoint's file name says, or nobody does. */
  readonly expectedAccuracy: number | null;
  /** Opens a closed accuracy gate: the measured accuracy is accepted as it is. */
  readonly acceptAccuracy: boolean;
}

/** What a dropped file is, and what it probably is for. Plain JSON. */
export interface InspectedFile {
  readonly name: string;
  /** Why it cannot be used, and what to do; null where it can. */
  readonly problem: string | null;
  readonly kind: ImportKind | "head" | null;
  /** "features [1000, 64] F32"; of a checkpoint what it is. */
  readonly holds: readonly string[];
  /** Images, or 0. */
  readonly rows: number;
  /** Sets inside a file of use "sets", with their images. */
  readonly sets: readonly { readonly name: string; readonly rows: number; readonly suggested: SetAssignment }[];
  /** Guessed from names; the user decides. */
  readonly suggested: FileUse;
  /** Out of a checkpoint's file name. */
  readonly expectedAccuracy: number | null;
}
