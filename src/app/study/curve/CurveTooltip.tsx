import type { ReactNode } from "react";
import { percent } from "../../model/format.ts";
import css from "./curve.module.css";
import { type ChartRow, type CurveSeries, pointIn } from "./curveSeries.ts";
import { metricColours, metricTitles } from "./metricStyle.ts";

interface CurveTooltipProps {
  readonly series: readonly CurveSeries[];
  // recharts clones the element with these.
  readonly active?: boolean;
  readonly payload?: readonly { readonly payload: ChartRow }[];
}

/** The numbers of one α, with the seeds behind them. */
export function CurveTooltip({ series, active, payload }: CurveTooltipProps): ReactNode {
  const row = payload?.[0]?.payload;
  if (!active || row === undefined) return null;
  return (
    <div className={css.tooltip}>
      <strong>α = {row.alpha.toFixed(2)}</strong>
      {series.map(({ id, metric, curve }) => {
        const point = pointIn(row, id);
        const spread = point?.[metric];
        if (!point || !spread) return null;
        return (
          <div key={id}>
            <span style={{ color: metricColours[metric] }}>{metricTitles[metric]}</span>{" "}
            {curve.generator ?? "real only"}: {percent(spread.mean)} % [{percent(spread.min)}–{percent(spread.max)}], n
            = {spread.n} of {point.planned}
            {point.converged ? "" : ", not converged"}
          </div>
        );
      })}
    </div>
  );
}
