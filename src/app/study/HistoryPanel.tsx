import { memo, type ReactNode } from "react";
import type { HistoryPoint } from "../../study/result.ts";
import type { CellSummary } from "../../study/summary.ts";
import { percent } from "../model/format.ts";
import { detectorTitle } from "../model/words.ts";
import { Panel, TableTwin } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";
import css from "./scores/charts.module.css";

const WIDTH = 280;
const HEIGHT = 150;

interface HistoryPanelProps {
  readonly summary: Pick<CellSummary, "history" | "cell">;
  readonly detector: string;
}

/** Training accuracy and AUROC over the epochs, the latter on the OOD validation sets: never a look at the test sets. */
export const HistoryPanel = memo(function HistoryPanel({ summary, detector }: HistoryPanelProps) {
  const measured = summary.history.filter((point) => point.valAuroc !== null);
  const shown = measured.at(-1)?.valAuroc?.[detector] === undefined ? "msp" : detector;
  return (
    <Panel
      title="Over the epochs"
      summary={`Train accuracy (green) and ${detectorTitle(shown)} AUROC near and far on the OOD validation sets, never on test.`}
    >
      <HistoryChart history={summary.history} detector={shown} />
      <TableTwin label="History as a table">
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Epoch</th>
              <th scope="col">Train accuracy</th>
              <th scope="col">Val accuracy</th>
              <th scope="col">Near val</th>
              <th scope="col">Far val</th>
            </tr>
          </thead>
          <tbody>
            {measured.map((point) => (
              <tr key={point.epoch}>
                <th scope="row">{point.epoch}</th>
                <td>{percent(point.trainAccuracy)}</td>
                <td>{percent(point.valAccuracy)}</td>
                <td>{percent(point.valAuroc?.[shown]?.near ?? null)}</td>
                <td>{percent(point.valAuroc?.[shown]?.far ?? null)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableTwin>
    </Panel>
  );
});

/** Fractions from 0 to 1 over steps; a gap where nothing was measured is bridged by a line between measured points. */
export function HistoryChart({ history, detector }: { history: readonly HistoryPoint[]; detector: string }): ReactNode {
  const last = history.at(-1)?.step ?? 1;
  const path = (value: (point: HistoryPoint) => number | null | undefined): string =>
    history
      .flatMap((point) => {
        const y = value(point);
        return y === null || y === undefined
          ? []
          : [`${((point.step / last) * WIDTH).toFixed(1)},${((1 - y) * HEIGHT).toFixed(1)}`];
      })
      .join(" ");
  return (
    <svg
      className={css.chart}
      viewBox={`-4 -4 ${WIDTH + 8} ${HEIGHT + 20}`}
      role="img"
      aria-label="Training accuracy and validation AUROC over the epochs"
    >
      <rect width={WIDTH} height={HEIGHT} className={css.frame} />
      <line x1={0} y1={HEIGHT / 2} x2={WIDTH} y2={HEIGHT / 2} className={css.diagonal} />
      <polyline points={path((point) => point.trainAccuracy)} className={`${css.line} ${css.accuracy}`} />
      <polyline points={path((point) => point.valAuroc?.[detector]?.near)} className={`${css.line} ${css.near}`} />
      <polyline
        points={path((point) => point.valAuroc?.[detector]?.far)}
        className={`${css.line} ${css.far}`}
        strokeDasharray="5 3"
      />
      <text x={WIDTH} y={HEIGHT + 12} textAnchor="end" className={css.axis}>
        step {last}
      </text>
      <text x={0} y={HEIGHT + 12} className={css.axis}>
        0–100 %
      </text>
    </svg>
  );
}
