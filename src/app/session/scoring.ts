import { choiceKey, type DetectorChoice } from "../../detection/params.ts";
import type { BackendRequest } from "../../engine/backend.ts";
import type { Cell } from "../../study/cell.ts";
import { codeOf } from "../../study/errors.ts";
import type { ImageScores, ScoreTarget, SearchResult } from "../../study/rescore.ts";
import type { DetectorResult } from "../../study/result.ts";
import type { CellSummary } from "../../study/summary.ts";
import type { RescoreOptions, RescoreOutcome } from "./session.ts";
import type { Workers } from "./workers.ts";

/** Evaluations × detectors whose confidences stay in memory: 60,000 images are 0.7 MB. */
const KEPT = 40;

/** What scoring reads of the session, and where its results go. */
export interface ScoringHost {
  summary(cellId: string): CellSummary | undefined;
  /** Whether the cell's features are known not to be in this browser. */
  isUnkept(cellId: string): boolean;
  /** One more detector of a finished cell. */
  keep(cellId: string, result: DetectorResult): void;
  /** The cell's features were looked for and are not here. */
  missing(cellId: string): void;
}

/** Scores evaluations again from what they kept: no forward pass of the network, except for detectors that look through it. */
export class EvaluationScoring {
  private readonly kept = new Map<string, Promise<ImageScores>>();

  constructor(
    private readonly evaluation: Workers["evaluation"],
    private readonly request: BackendRequest,
    private readonly host: ScoringHost,
  ) {}

  /** Cell after cell, so that a newer request can take over between two; what was scored until then stays. */
  async rescore(
    cells: readonly Cell[],
    choice: DetectorChoice,
    { signal, first, onProgress }: RescoreOptions = {},
  ): Promise<RescoreOutcome> {
    const finished = cells.filter((cell) => this.host.summary(cell.id) !== undefined);
    const ordered = finished.sort((a, b) => Number(b.id === first) - Number(a.id === first));
    const withoutFeatures: string[] = [];
    const started = performance.now();
    let computed = 0;
    for (const [at, cell] of ordered.entries()) {
      signal?.throwIfAborted();
      onProgress?.(at, ordered.length);
      if (this.has(cell.id, choice)) continue;
      const result = this.host.isUnkept(cell.id)
        ? null
        : await this.one(cell, choice, (share) => onProgress?.(at + share, ordered.length));
      if (result === null) {
        withoutFeatures.push(cell.id);
        continue;
      }
      this.host.keep(cell.id, result);
      computed++;
    }
    const seconds = (performance.now() - started) / 1000;
    return { scored: ordered.length - withoutFeatures.length, computed, seconds, withoutFeatures };
  }

  /** The same promise for the same evaluation and detector while it is in memory. */
  scores(target: ScoreTarget, choice: DetectorChoice): Promise<ImageScores> {
    const key = `${targetId(target)} ${choiceKey(choice)}`;
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const scores = this.evaluation.call("scores", { target, choice, request: this.request });
    this.kept.set(key, scores);
    scores.catch((error: unknown) => {
      this.kept.delete(key);
      if (codeOf(error) === "not-evaluated" && target.kind === "cell") this.host.missing(target.cell.id);
    });
    const oldest = this.kept.keys().next().value;
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
    return scores;
  }

  search(target: ScoreTarget, detector: string): Promise<SearchResult> {
    return this.evaluation.call("search", { target, detector, request: this.request });
  }

  exportScores(target: ScoreTarget, choices: readonly DetectorChoice[]): Promise<Uint8Array<ArrayBuffer>> {
    return this.evaluation.call("exportScores", { target, choices: [...choices], request: this.request });
  }

  /** The evaluation was made anew or deleted. */
  forget(id: string): void {
    for (const key of this.kept.keys()) if (key.startsWith(`${id} `)) this.kept.delete(key);
  }

  private has(cellId: string, choice: DetectorChoice): boolean {
    const key = choiceKey(choice);
    return this.host.summary(cellId)?.detectors.some((result) => (result.variant ?? result.detector) === key) ?? false;
  }

  /** null where the cell's features are not kept in this browser. */
  private async one(
    cell: Cell,
    choice: DetectorChoice,
    progressed: (share: number) => void,
  ): Promise<DetectorResult | null> {
    const target = { kind: "cell", cell } as const;
    try {
      const payload = { target, choices: [choice], request: this.request };
      const [result] = await this.evaluation.call("rescore", payload, (event) => {
        if (event.kind === "progress" && event.total > 0) progressed(event.done / event.total);
      });
      return result ?? null;
    } catch (error) {
      if (codeOf(error) !== "not-evaluated") throw error;
      this.host.missing(cell.id);
      return null;
    }
  }
}

function targetId(target: ScoreTarget): string {
  return target.kind === "cell" ? target.cell.id : target.id;
}
