import type { ReactNode } from "react";
import { type CurveMetric, curveMetrics, curvePoints, type SeedSpread } from "../../model/curve.ts";
import { percent } from "../../model/format.ts";
import { TableTwin } from "../../ui/Panel.tsx";
import table from "../../ui/table.module.css";
import type { CurveStyle } from "./curveSeries.ts";
import { metricTitles } from "./metricStyle.ts";

/** The chart's numbers: mean ± sample σ, range and n. */
export function CurveTable({ styles, detector }: { styles: readonly CurveStyle[]; detector: string }): ReactNode {
  return (
    <TableTwin label="View the curve as a table">
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Generator</th>
            <th scope="col">α</th>
            {curveMetrics.map((metric) => (
              <th key={metric} scope="col">
                {metricTitles[metric]} (%), mean ± σ [min–max]
              </th>
            ))}
            <th scope="col">seeds</th>
            <th scope="col">converged</th>
          </tr>
        </thead>
        <tbody>
          {styles.flatMap(({ curve, title }) =>
            curvePoints(curve, detector).map((point) => (
              <tr key={`${curve.key} ${point.alpha}`}>
                <th scope="row">{title}</th>
                <td>{point.alpha.toFixed(2)}</td>
                {curveMetrics.map((metric: CurveMetric) => (
                  <td key={metric}>{spreadText(point[metric])}</td>
                ))}
                <td>
                  {point.finished} of {point.planned}
                </td>
                <td>{point.converged ? "yes" : "no"}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </TableTwin>
  );
}

export function spreadText(spread: SeedSpread | null): string {
  if (spread === null) return "–";
  const sigma = spread.sigma === null ? "" : ` ± ${percent(spread.sigma)}`;
  const range = spread.n > 1 ? ` [${percent(spread.min)}–${percent(spread.max)}]` : "";
  return `${percent(spread.mean)}${sigma}${range}`;
}
