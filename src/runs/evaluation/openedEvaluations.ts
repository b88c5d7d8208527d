import { evaluationStamp, type KeptEvaluation, readEvaluation } from "../../detection/evaluation/evaluationCache.ts";
import type { Store } from "../../storage/store.ts";

/** Evaluations that stay opened, each with up to CACHE_BYTES of decoded features: at most 192 MB of them. */
const OPENED = 3;

interface Opened {
  readonly stamp: string;
  readonly evaluation: KeptEvaluation;
}

/**
 * The evaluations read last, so that a re-score with another value reads no labels, logits or features again. One that
 * was deleted or made anew since, by whom ever, is told by the stamp of its head and read again.
 */
export class OpenedEvaluations {
  /** Oldest use first. */
  private readonly opened = new Map<string, Opened>();

  /** As readEvaluation; the arrays stay here: nobody may write into them or transfer them. */
  async read(store: Store, prefix: string): Promise<KeptEvaluation | undefined> {
    const stamp = await evaluationStamp(store, prefix);
    const known = this.opened.get(prefix);
    this.opened.delete(prefix);
    if (stamp === undefined) return undefined;
    if (known?.stamp === stamp) {
      this.opened.set(prefix, known);
      return known.evaluation;
    }
    const evaluation = await readEvaluation(store, prefix);
    if (evaluation === undefined) return undefined;
    this.opened.set(prefix, { stamp, evaluation });
    for (const oldest of this.opened.keys()) {
      if (this.opened.size <= OPENED) break;
      this.opened.delete(oldest);
    }
    return evaluation;
  }
}
