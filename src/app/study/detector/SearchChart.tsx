import type { ReactNode } from "react";
import type { SearchCandidate, SearchResult } from "../../../study/rescore.ts";
import { paramsText } from "../../model/detectorChoice.ts";
import { percent } from "../../model/format.ts";
import { searchCurve } from "../../model/searchCurve.ts";
import { TableTwin } from "../../ui/Panel.tsx";
import table from "../../ui/table.module.css";
import charts from "../scores/charts.module.css";
import css from "./search.module.css";

const WIDTH = 360;
const HEIGHT = 130;

/** Every candidate in the order tried, its AUROC on validation, the first maximum marked. */
export function SearchChart({ result }: { result: SearchResult }): ReactNode {
  const { candidates, best } = result;
  const curve = searchCurve(candidates, WIDTH, HEIGHT);
  return (
    <>
      {curve === null ? null : (
        <svg
          className={css.chart}
          viewBox={`-34 -8 ${WIDTH + 42} ${HEIGHT + 30}`}
          role="img"
          aria-label="AUROC of ID-val against OOD-val per candidate"
        >
          <rect width={WIDTH} height={HEIGHT} className={charts.frame} />
          <polyline
            className={css.line}
            points={curve.points.flatMap((point) => (point === null ? [] : [`${point.x},${point.y}`])).join(" ")}
          />
          {curve.points.map((point, at) => {
            const candidate = candidates[at] as SearchCandidate;
            return point === null ? null : (
              <circle
                key={paramsText(candidate.params)}
                cx={point.x}
                cy={point.y}
                r={at === best ? 5 : 2.4}
                className={at === best ? css.best : css.point}
              >
                <title>{`${paramsText(candidate.params)}: ${percent(candidate.auroc, 2)} %`}</title>
              </circle>
            );
          })}
          <text x={-4} y={8} textAnchor="end" className={charts.axis}>
            {percent(curve.high, 0)} %
          </text>
          <text x={-4} y={HEIGHT} textAnchor="end" className={charts.axis}>
            {percent(curve.low, 0)} %
          </text>
          <text x={0} y={HEIGHT + 16} className={charts.axis}>
            {paramsText(candidates[0]?.params ?? {})}
          </text>
          <text x={WIDTH} y={HEIGHT + 16} textAnchor="end" className={charts.axis}>
            {paramsText(candidates.at(-1)?.params ?? {})}
          </text>
        </svg>
      )}
      <TableTwin label="Search curve as a table">
        <table className={table.table} aria-label="Search curve">
          <thead>
            <tr>
              <th scope="col">Candidate</th>
              <th scope="col">AUROC on validation</th>
              <th scope="col" className={table.text}>
                Note
              </th>
            </tr>
          </thead>
          <tbody>
            {candidates.map((candidate, at) => (
              <tr key={paramsText(candidate.params)} data-selected={at === best}>
                <th scope="row">{paramsText(candidate.params)}</th>
                <td>{percent(candidate.auroc, 2)}</td>
                <td className={`${table.text} ${table.wrap}`}>
                  {at === best ? "first maximum: the winner" : (candidate.undefinedBecause ?? "")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableTwin>
    </>
  );
}
