import type { ReactNode } from "react";
import { isLevel, type Lead } from "../../metrics/separable.ts";
import type { CurveMetric, SeedSpread } from "../model/curve.ts";
import { percent } from "../model/format.ts";
import type { RowBootstrap } from "./bootstraps.ts";
import css from "./compare.module.css";

/** σ with n − 1, or OpenOOD's with n. */
export type SigmaKind = "sample" | "population";

/** "85.8 ± 0.6"; no σ for one seed. */
export function spreadText(spread: SeedSpread | null, kind: SigmaKind): string {
  if (spread === null) return "–";
  const sigma = kind === "sample" ? spread.sigma : spread.populationSigma;
  return `${percent(spread.mean)}${sigma === null ? "" : ` ± ${percent(sigma)}`}`;
}

/** n and both σ in words, for a tooltip. */
export function spreadTitle(spread: SeedSpread | null): string | undefined {
  if (spread === null) return undefined;
  const { n, sigma, populationSigma } = spread;
  if (sigma === null) return `n = ${n}`;
  return `n = ${n}, sample σ (n − 1) ${percent(sigma, 2)}, population σ (n, OpenOOD) ${percent(populationSigma, 2)}`;
}

/** Beside a value that cannot be told from the best of its column. */
export function LevelMark(): ReactNode {
  return (
    <span className={css.level} title="Cannot be told from the best of this column">
      ≈
    </span>
  );
}

interface ValueCellProps {
  readonly metric: CurveMetric;
  readonly spread: SeedSpread | null;
  readonly lead: Lead | null;
  readonly rowKey: string;
  readonly sigma: SigmaKind;
  readonly bootstrap: RowBootstrap | null;
}

/** Mean ± σ over seeds, with the bootstrap's interval of the mean where it was drawn. */
export function ValueCell({ metric, spread, lead, rowKey, sigma, bootstrap }: ValueCellProps): ReactNode {
  const drawn = bootstrap?.kind === "done" && metric !== "accuracy" ? bootstrap.result[metric] : null;
  return (
    <td className={lead?.bold === rowKey ? `${css.value} ${css.best}` : css.value} title={spreadTitle(spread)}>
      <div>
        {spreadText(spread, sigma)}
        {isLevel(lead, rowKey) ? <LevelMark /> : null}
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
