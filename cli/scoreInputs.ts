import { basename } from "node:path";
import { withFile } from "../src/checkpoints/node/fileSource.ts";
import { type ActivationTable, activationTable, headTable } from "../src/data/formats/activationTable.ts";
import { readTensorFile, type TensorFile } from "../src/data/formats/tensorFile.ts";
import type { Groups } from "../src/runs/evaluation/metricsCsv.ts";
import type { GivenHead, GivenSet } from "../src/runs/imports/givenEvaluation.ts";
import { messageOf } from "../src/study/errors.ts";
import { BadInput } from "./context.ts";

export interface InputOptions {
  readonly train: string;
  readonly val: string;
  readonly id: string;
  readonly ood: readonly string[];
  readonly head: string;
  readonly oodval?: string;
  readonly group: readonly string[];
}

/** Names of the sets that are no OOD test set; a colon keeps them apart from any that a user may give. */
export const setNames = { train: ":train", val: ":val", oodVal: ":oodval", id: "id" } as const;

export interface ScoreInputs {
  readonly sets: readonly GivenSet[];
  readonly head: GivenHead;
  readonly groups: Groups;
}

/** Reads every file of `sio score`. Throws BadInput, naming file, tensor and shapes. */
export async function readScoreInputs(options: InputOptions): Promise<ScoreInputs> {
  const ood = oodFiles(options.ood);
  const groups = oodGroups([...ood.keys()], options.group);
  const headFile = await readFileOf(options.head);
  const head = { file: headFile.name, ...orBad(() => headTable(headFile)) };
  const sets: GivenSet[] = [
    { name: setNames.train, group: "id", role: "train", table: await table(options.train) },
    { name: setNames.val, group: "id", role: "val", table: await table(options.val) },
    { name: setNames.id, group: "id", role: "test", table: await table(options.id) },
  ];
  // The group of the OOD-val set means nothing: it is never reported, and a set in no group enters no mean.
  if (options.oodval !== undefined) {
    sets.push({ name: setNames.oodVal, group: "far", role: "val", table: await table(options.oodval) });
  }
  for (const [name, path] of ood) {
    sets.push({ name, group: groups.get(name) ?? "far", role: "test", table: await table(path) });
  }
  return { sets, head, groups };
}

/** "NAME=F" → file by set name. */
export function oodFiles(entries: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of entries) {
    const at = entry.indexOf("=");
    const name = entry.slice(0, Math.max(0, at));
    const path = entry.slice(at + 1);
    if (at < 1 || path === "") throw new BadInput(`--ood takes NAME=FILE, not "${entry}".`);
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
      throw new BadInput(`--ood ${entry}: a set's name is letters, digits, ".", "_" and "-", not "${name}".`);
    }
    if (name === setNames.id) throw new BadInput('--ood: "id" is the name of the ID test set. Choose another name.');
    if (files.has(name)) throw new BadInput(`--ood: two sets are named "${name}".`);
    files.set(name, path);
  }
  return files;
}

/**
 * Groups of OOD sets: a name that is or begins with "near" or "far" says it, `NAME=near|far` of --group says it
 * otherwise. Throws BadInput where a set called `near` would be confused with the mean over its group.
 */
export function oodGroups(names: readonly string[], assignments: readonly string[]): Groups {
  const groups = new Map<string, "near" | "far">();
  for (const name of names) {
    const [, prefix] = /^(near|far)(?=$|[._-])/.exec(name) ?? [];
    if (prefix === "near" || prefix === "far") groups.set(name, prefix);
  }
  for (const assignment of assignments) {
    const [, name = "", group] = /^(.+)=(near|far)$/.exec(assignment) ?? [];
    if (group !== "near" && group !== "far")
      throw new BadInput(`--group takes NAME=near or NAME=far, not "${assignment}".`);
    if (!names.includes(name)) throw new BadInput(`--group ${assignment}: there is no --ood set "${name}".`);
    groups.set(name, group);
  }
  for (const group of ["near", "far"] as const) {
    if (!names.includes(group)) {
      continue;
    }
    const members = names.filter((name) => groups.get(name) === group);
    if (groups.get(group) !== group || members.length > 1) {
      throw new BadInput(
        `The set "${group}" would be taken for the mean over the group ${group} (${members.join(", ")}). Give it another name.`,
      );
    }
  }
  return groups;
}

async function table(path: string): Promise<ActivationTable> {
  const file = await readFileOf(path);
  return orBad(() => activationTable(file));
}

async function readFileOf(path: string): Promise<TensorFile> {
  try {
    return await withFile(path, (source) => readTensorFile(basename(path), source));
  } catch (error) {
    throw new BadInput(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

function orBad<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new BadInput(messageOf(error), { cause: error });
  }
}
