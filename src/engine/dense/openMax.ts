import { exactExp, exactLog } from "../../random/exactMath.ts";
import type { StrayModels } from "./kernels.ts";
import { largest } from "./logSumExp.ts";

/** P(X ≤ x) = 1 − exp(−(x/scale)^shape); 0 for x ≤ 0, NaN for NaN. */
export function weibullCdf(x: number, { scale, shape }: { readonly scale: number; readonly shape: number }): number {
  return x <= 0 ? 0 : 1 - exactExp(-exactExp(shape * exactLog(x / scale)));
}

/** Euclidean distance of a row of logits to a row of means. */
export function distance(
  logits: Float32Array,
  logitsAt: number,
  means: Float64Array,
  meansAt: number,
  classes: number,
): number {
  let squares = 0;
  for (let j = 0; j < classes; j++) {
    const difference = (logits[logitsAt + j] as number) - (means[meansAt + j] as number);
    squares += difference * difference;
  }
  return Math.sqrt(squares);
}

/** OpenMax's confidence of the row of logits at `at`; see {@link StrayModels}. */
export function openMax(
  logits: Float32Array,
  at: number,
  classes: number,
  models: StrayModels,
  alpha: number,
  confidence: "max" | "known",
): number {
  const row = new Float64Array(classes + 1);
  row.set(logits.subarray(at, at + classes));
  const ranked = rankTop(row, classes, alpha);
  let unknown = 0;
  for (const [rank, k] of ranked.entries()) {
    const shifted = distance(logits, at, models.means, k * classes, classes) - (models.small[k] as number) + 1;
    const strange = weibullCdf(shifted, { scale: models.scale[k] as number, shape: models.shape[k] as number });
    const logit = row[k] as number;
    const kept = logit * (1 - (strange * (alpha - rank)) / alpha);
    row[k] = kept;
    unknown += logit - kept;
  }
  row[classes] = unknown;
  const top = largest(row, 0, classes + 1);
  const sum = row.reduce((total, logit) => total + exactExp(logit - top), 0);
  return confidence === "max" ? 1 / sum : -exactExp(unknown - top) / sum;
}

/** The classes of the `alpha` largest logits of a row, the largest first; of equals the later class first. */
function rankTop(row: Float64Array, classes: number, alpha: number): number[] {
  const order = Array.from({ length: classes }, (_, k) => classes - 1 - k);
  return order.sort((a, b) => (row[b] as number) - (row[a] as number)).slice(0, alpha);
}
