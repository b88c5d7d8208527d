import type { ReactNode } from "react";
import type { Lead } from "../../metrics/separable.ts";
import type { MeanAndSigma } from "../../metrics/spread.ts";
import type { CurveMetric } from "../model/curve.ts";
import { percent } from "../model/format.ts";
import type { RowBootstrap } from "./bootstraps.ts";
import css from "./compare.module.css";

/** σ with n − 1, or OpenOOD's with n. */
export type SigmaKind = "sample" | "population";

export function sigmaOf(spread: MeanAndSigma, kind: SigmaKind): number | null {
  return kind === "sample" ? spread.sampleSigma : spread.n > 1 ? spread.populationSigma : null;
}

/** "85.8 ± 0.6"; no σ for one seed. */
export function spreadText(spread: MeanAndSigma | null, kind: SigmaKind): string {
  if (spread === null) return "–";
  const sigma = sigmaOf(spread, kind);
  return `${percent(spread.mean)}${sigma === null ? "" : ` ± ${percent(sigma)}`}`;
}

/** Both σ in words, for a tooltip. */
export function spreadTitle(spread: MeanAndSigma | null): string | undefined {
  if (spread === null || spread.sampleSigma === null) return undefined;
  return `sample σ (n − 1) ${percent(spread.sampleSigma, 2)}, population σ (n, OpenOOD) ${percent(spread.populationSigma, 2)}`;
}

/** The leader in bold where it can be told from all others; else it and those level with it carry "≈". */
export function markOf(lead: Lead | null, key: string): "best" | "level" | null {
  if (lead === null) return null;
  if (lead.bold === key) return "best";
  return lead.bold === null && lead.tied.length > 0 && (lead.best === key || lead.tied.includes(key)) ? "level" : null;
}

/** Beside a value that cannot be told from the best of its column. */
export function LevelMark({ mark }: { mark: ReturnType<typeof markOf> }): ReactNode {
  if (mark !== "level") return null;
  return (
    <span className={css.level} title="Cannot be told from the best of this column">
      ≈
    </span>
  );
}

interface ValueCellProps {
  readonly metric: CurveMetric;
  readonly spread: MeanAndSigma | null;
  readonly lead: Lead | null;
  readonly rowKey: string;
  readonly sigma: SigmaKind;
  readonly bootstrap: RowBootstrap | null;
}

export function ValueCell({ metric, spread, lead, rowKey, sigma, bootstrap }: ValueCellProps): ReactNode {
  const mark = markOf(lead, rowKey);
  const drawn = bootstrap?.kind === "done" && metric !== "accuracy" ? bootstrap.result[metric] : null;
  return (
    <td className={mark === "best" ? `${css.value} ${css.best}` : css.value} title={spreadTitle(spread)}>
      <div>
        {spreadText(spread, sigma)}
        <LevelMark mark={mark} />
      </div>
      {spread === null ? null : <div className={css.small}>n = {spread.n}</div>}
      {drawn === null ? null : (
        <div className={css.small}>
          bootstrap [{percent(drawn.mean.low)}, {percent(drawn.mean.high)}]
        </div>
      )}
    </td>
  );
}
