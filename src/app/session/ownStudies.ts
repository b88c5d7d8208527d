import { readSummary } from "../../runs/evaluation/summaries.ts";
import { keys } from "../../runs/keys.ts";
import type { Json, Store } from "../../storage/store.ts";
import { canonicalJson, shortHash } from "../../study/canonical.ts";
import type { Cell } from "../../study/cell.ts";
import type { DetectorResult } from "../../study/result.ts";
import type { Study } from "../../study/study.ts";
import type { CellSummary } from "../../study/summary.ts";
import type { StudyEntry } from "./session.ts";

/** The user's studies and every finished cell of theirs. */
export async function readOwnStudies(
  store: Store,
): Promise<{ readonly studies: StudyEntry[]; readonly summaries: Record<string, CellSummary> }> {
  const studies: StudyEntry[] = [];
  const summaries: Record<string, CellSummary> = {};
  for (const key of await store.keys(keys.studies)) {
    const study = (await store.readMeta(key)) as unknown as Study;
    studies.push({ id: key.slice(keys.studies.length), source: "own", study, computedWith: null });
    for (const cell of study.cells) {
      const summary = await readSummary(store, cell.id);
      if (summary !== null) summaries[cell.id] = summary;
    }
  }
  return { studies, summaries };
}

/** Keeps a new study; its id follows from its content, so that the same plan is kept once. */
export async function storeNewStudy(store: Store, study: Study): Promise<StudyEntry> {
  const id = shortHash(canonicalJson(study as unknown as Json));
  await storeStudy(store, id, study);
  return { id, source: "own", study, computedWith: null };
}

export async function storeStudy(store: Store, id: string, study: Study): Promise<void> {
  await store.write([[keys.study(id), { meta: study as unknown as Json, arrays: {} }]]);
}

/** The study with cells beyond its grid, so that its CSV and its file hold them too; null where it has them all. */
export function widened({ study, source }: StudyEntry, cells: readonly Cell[]): Study | null {
  const known = new Set(study.cells.map((cell) => cell.id));
  const added = cells.filter((cell) => !known.has(cell.id));
  if (added.length === 0) return null;
  if (source === "example") throw new Error("The example study is read-only. Make your own study from it first.");
  const alphas = [...new Set([...study.alphas, ...added.map((cell) => cell.alpha)])].sort((a, b) => a - b);
  return { ...study, alphas, cells: [...study.cells, ...added] };
}

/** The summary with one more detector; a result under the same key is replaced. */
export function withResult(summary: CellSummary, result: DetectorResult): CellSummary {
  const keyOf = ({ variant, detector }: DetectorResult): string => variant ?? detector;
  const others = summary.detectors.filter((other) => keyOf(other) !== keyOf(result));
  return { ...summary, detectors: [...others, result] };
}
