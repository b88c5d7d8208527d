import { choiceKey } from "../../detection/params.ts";
import type { Json, Store } from "../../storage/store.ts";
import { shortHash } from "../../study/canonical.ts";
import type { DetectorResult } from "../../study/result.ts";
import { VERSION } from "../../study/version.ts";
import { keys } from "../keys.ts";

/** A re-score as it is kept beside the summary of its cell. */
interface KeptScore {
  /** Of the program that scored: another one's is computed anew. */
  readonly version: string;
  readonly result: DetectorResult;
}

/** What a result is called among those of its cell: "knn", "knn(K=100)". */
export function resultKey(result: Pick<DetectorResult, "detector" | "variant">): string {
  return result.variant ?? choiceKey({ name: result.detector });
}

/** Keeps re-scores of a cell, each in a record of its own; deleting the cell deletes them. */
export async function keepScores(store: Store, cellId: string, results: readonly DetectorResult[]): Promise<void> {
  await store.write(
    results.map((result) => {
      const kept: KeptScore = { version: VERSION, result };
      return [keys.rescored(cellId, recordName(result)), { meta: kept as unknown as Json, arrays: {} }];
    }),
  );
}

/** The re-scores of a cell that this version of the program computed. */
export async function readKeptScores(store: Store, cellId: string): Promise<DetectorResult[]> {
  const results: DetectorResult[] = [];
  for (const key of await store.keys(keys.allRescored(cellId))) {
    const kept = (await store.readMeta(key)) as unknown as KeptScore | undefined;
    if (kept?.version === VERSION) results.push(kept.result);
  }
  return results;
}

/** A key segment: the user's values may hold any character. */
function recordName(result: DetectorResult): string {
  return `${result.detector}-${shortHash(resultKey(result))}`;
}
