import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { FileUse, ImportOptions, InspectedFile, SetAssignment } from "../../runs/imports/importOptions.ts";

/** What the form holds until it is imported. */
export interface ImportDraft {
  readonly name: string;
  readonly preset: ImportOptions["preset"];
  /** For checkpoints; "" where no benchmark is complete. */
  readonly benchmark: string;
  /** As typed: "95.22", "0.9522", or nothing. */
  readonly expected: string;
  readonly files: ImportOptions["files"];
  readonly sets: ImportOptions["sets"];
}

/** What a file or a set inside a file may be taken for, as a selection names it. */
export const places = [
  { value: "id train", label: "ID train" },
  { value: "id val", label: "ID-val" },
  { value: "id test", label: "ID test" },
  { value: "near test", label: "near-OOD test" },
  { value: "far test", label: "far-OOD test" },
  { value: "near val", label: "near-OOD val" },
  { value: "far val", label: "far-OOD val" },
] as const;

/** Everything as the inspection suggests. */
export function draftOf(inspected: readonly InspectedFile[], benchmarks: readonly BenchmarkInfo[]): ImportDraft {
  const checkpoint = inspected.find(({ kind }) => kind === "checkpoint");
  const accuracy = checkpoint?.expectedAccuracy ?? null;
  const usable = inspected.filter(({ problem }) => problem === null);
  const named = checkpoint ?? (usable.length === 1 ? usable[0] : undefined);
  return {
    name: named?.name.replace(/^.*[/\\]/, "").replace(/\.[^.]+$/, "") ?? `${usable.length} files`,
    preset: "paper",
    benchmark: benchmarks.find(({ missing }) => missing.length === 0)?.id ?? "",
    expected: accuracy === null ? "" : (accuracy * 100).toFixed(2),
    files: Object.fromEntries(inspected.map(({ name, suggested }) => [name, suggested])),
    sets: Object.fromEntries(inspected.flatMap(({ sets }) => sets.map(({ name, suggested }) => [name, suggested]))),
  };
}

/** The draft of more files, with what was chosen before they came; files in `added` are new or stand for older ones. */
export function withChoices(draft: ImportDraft, before: ImportDraft, added: ReadonlySet<string>): ImportDraft {
  const known = <T>(suggested: Readonly<Record<string, T>>, chosen: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(suggested).map(([name, use]) => [name, (!added.has(name) && chosen[name]) || use]),
    );
  const { preset, benchmark } = before;
  return {
    ...draft,
    preset,
    benchmark: benchmark === "" ? draft.benchmark : benchmark,
    expected: draft.expected === "" ? before.expected : draft.expected,
    files: known(draft.files, before.files),
    sets: known(draft.sets, before.sets),
  };
}

/** The selection that stands for a use. */
export function placeOf(use: FileUse | SetAssignment | undefined): string {
  if (use === undefined) return "nothing";
  return "use" in use && use.use !== "set" ? use.use : "set" in use ? `${use.group} ${use.role}` : "nothing";
}

/** What a selected place makes of a set called `name`; null for places that are none of a set. */
export function assignmentAt(place: string, name: string): SetAssignment | null {
  const known = places.find(({ value }) => value === place);
  if (known === undefined) return null;
  const [group, role] = known.value.split(" ") as [SetAssignment["group"], SetAssignment["role"]];
  if (group !== "id") return { set: name, group, role };
  return { set: role === "train" ? "train" : `id_${role}`, group, role };
}

/** Of a file: the use that the selected place means. */
export function fileUseAt(place: string, name: string): FileUse {
  const assignment = assignmentAt(place, name);
  if (assignment !== null) return { use: "set", ...assignment };
  return place === "head" || place === "checkpoint" || place === "sets" ? { use: place } : { use: "nothing" };
}

/** "95.22" and "0.9522" are the same accuracy; null for an empty field. */
export function fractionOf(text: string): number | null | "bad" {
  const trimmed = text.trim().replace(/\s*%$/, "");
  if (trimmed === "") return null;
  const value = Number(trimmed);
  if (!(value > 0 && value <= 100)) return "bad";
  // 95.22 / 100 is not 0.9522.
  return value > 1 ? Number((value / 100).toPrecision(12)) : value;
}

/** What keeps the draft from being imported, one sentence; null where nothing does. The files themselves are judged by the import. */
export function draftProblem(draft: ImportDraft): string | null {
  const uses = Object.values(draft.files);
  const checkpoints = uses.filter(({ use }) => use === "checkpoint").length;
  if (checkpoints > 1) return "Choose one checkpoint: an evaluation is of one classifier.";
  if (checkpoints === 1 && uses.some(({ use }) => use !== "checkpoint" && use !== "nothing")) {
    return "A checkpoint is evaluated on the images of its benchmark: set the other files to “not used”.";
  }
  if (checkpoints === 1 && draft.benchmark === "") return "A checkpoint needs a benchmark. Import its datasets first.";
  if (fractionOf(draft.expected) === "bad") return "The expected accuracy is a percentage, e.g. 95.22.";
  if (checkpoints === 1) return null;
  const sets = [...uses.filter((use) => use.use === "set"), ...Object.values(draft.sets)];
  if (!sets.some(({ group, role }) => group === "id" && role === "test")) return "Say which file is the ID test set.";
  if (!sets.some(({ group, role }) => group !== "id" && role === "test")) {
    return "Say which file is an OOD test set, near or far.";
  }
  return null;
}

export function importOptions(draft: ImportDraft, acceptAccuracy: boolean): ImportOptions {
  const { name, preset, files, sets, benchmark } = draft;
  const expected = fractionOf(draft.expected);
  return {
    name: name.trim() === "" ? "unnamed" : name.trim(),
    preset,
    files,
    sets,
    benchmark: Object.values(files).some(({ use }) => use === "checkpoint") ? benchmark : null,
    expectedAccuracy: expected === "bad" ? null : expected,
    acceptAccuracy,
  };
}
