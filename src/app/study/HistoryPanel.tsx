import { memo, type ReactNode } from "react";
import type { HistoryPoint } from "../../study/result.ts";
import type { CellSummary } from "../../study/summary.ts";
import { count, percent } from "../model/format.ts";
import { detectorTitle } from "../model/words.ts";
import { LinePlot, type PlotLine } from "../ui/LinePlot.tsx";
import { Empty, Panel, TableTwin } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";
import css from "./scores.module.css";

/** AUROC per epoch on the OOD validation sets, with the accuracies: training as it went. */
export const HistoryPanel = memo(function HistoryPanel({
  summary,
  detector,
}: {
  summary: CellSummary;
  detector: string;
}): ReactNode {
  return (
    <Panel
      title="Validation history"
      summary={`AUROC on the OOD-validation sets (${detectorTitle(detector)}) and accuracies while training. Never the test sets.`}
    >
      <HistoryChart history={summary.history} detector={detector} />
    </Panel>
  );
});

const yTicks = [0, 0.25, 0.5, 0.75, 1];

export function HistoryChart({ history, detector }: { history: readonly HistoryPoint[]; detector: string }): ReactNode {
  const last = history.at(-1);
  if (last === undefined) return <Empty>No validation point yet: the first comes at the end of an epoch.</Empty>;
  const x = history.map((point) => point.step);
  const line = (id: string, colour: string, dash: string, y: (point: HistoryPoint) => number | null): PlotLine => ({
    id,
    x,
    y: history.map(y),
    colour,
    dash,
  });
  const lines = [
    line("near-OOD-val AUROC", "var(--near)", "", (point) => point.valAuroc?.[detector]?.near ?? null),
    line("far-OOD-val AUROC", "var(--far)", "", (point) => point.valAuroc?.[detector]?.far ?? null),
    line("ID-val accuracy", "var(--accuracy)", "", (point) => point.valAccuracy),
    line("train accuracy", "var(--soft)", "2 3", (point) => point.trainAccuracy),
  ];
  const text = `After ${count(last.step)} steps: ${lines.map(({ id, y }) => `${id} ${percent(y.at(-1) ?? null)} %`).join(", ")}.`;
  return (
    <>
      <LinePlot
        lines={lines}
        xDomain={[0, last.step]}
        yDomain={[0, 1]}
        xTicks={[0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * last.step))}
        yTicks={yTicks}
        xFormat={count}
        yFormat={(value) => String(value * 100)}
        xLabel="optimiser steps"
        yLabel="%"
        label={text}
        height={206}
      />
      <div className={css.lineKeys} aria-hidden="true">
        {lines.map(({ id, colour, dash }) => (
          <span key={id}>
            <svg width="18" height="8" aria-hidden="true">
              <line x1="0" x2="18" y1="4" y2="4" stroke={colour} strokeWidth="2" strokeDasharray={dash} />
            </svg>{" "}
            {id}
          </span>
        ))}
      </div>
      <TableTwin label="View the history as a table">
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col">epoch</th>
              <th scope="col">α</th>
              <th scope="col">loss</th>
              {lines.map(({ id }) => (
                <th key={id} scope="col">
                  {id} (%)
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {history.map((point, at) => (
              <tr key={point.step}>
                <th scope="row">{point.step}</th>
                <td>{point.epoch}</td>
                <td>{point.alpha.toFixed(2)}</td>
                <td>{point.loss.toFixed(3)}</td>
                {lines.map(({ id, y }) => (
                  <td key={id}>{percent(y[at] ?? null)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableTwin>
    </>
  );
}
