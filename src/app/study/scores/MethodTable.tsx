import { NativeSelect } from "@mantine/core";
import { memo, type ReactNode, useMemo, useState } from "react";
import type { CellSummary } from "../../../study/summary.ts";
import { LevelMark } from "../../compare/ValueCell.tsx";
import type { AlphaGroup } from "../../model/cellIndex.ts";
import { seedSpread } from "../../model/curve.ts";
import { percent, plural } from "../../model/format.ts";
import {
  type MethodCell,
  type MethodRow,
  type MetricInfo,
  methodTable,
  metricInfos,
  sortedRows,
} from "../../model/methodTable.ts";
import { detectorTitle } from "../../model/words.ts";
import { useView } from "../../state/view.ts";
import { Panel } from "../../ui/Panel.tsx";
import table from "../../ui/table.module.css";
import { ExportScores, ExportTable } from "./exports.tsx";
import css from "./methodTable.module.css";

interface MethodTableProps {
  readonly group: AlphaGroup;
  /** The seed that the other panels show. */
  readonly summary: CellSummary;
  /** Key of the detector that the charts show. */
  readonly shown: string;
}

const [auroc] = metricInfos as readonly [MetricInfo];

/** Every detector × every OOD test set at the shown α, mean over its finished seeds, in percent. */
export const MethodTable = memo(function MethodTable({ group, summary, shown }: MethodTableProps): ReactNode {
  const [metric, setMetric] = useState(auroc);
  const [order, setOrder] = useState<{ readonly column: string; readonly reversed: boolean } | null>(null);
  const methods = useMemo(() => methodTable(group, metric), [group, metric]);
  const rows = order === null ? methods.rows : sortedRows(methods, order.column, metric, order.reversed);
  const notes = [...new Set(rows.flatMap((row) => row.reasons))];
  const accuracy = seedSpread(group.cells.map((cell) => cell.idAccuracy));
  const sort = (column: string): void =>
    setOrder(
      order?.column !== column ? { column, reversed: false } : order.reversed ? null : { column, reversed: true },
    );
  return (
    <Panel
      title="Detectors × OOD sets"
      summary={`α = ${group.alpha.toFixed(2)}, mean over ${plural(group.cells.length, "seed")}, percent; ID accuracy ${percent(accuracy?.mean ?? null)} %. ${metric.title}: ${metric.explain}. Near and far are unweighted means over their test sets.`}
      actions={
        <>
          <NativeSelect
            size="xs"
            aria-label="Metric of the table"
            value={metric.key}
            onChange={(event) => setMetric(metricInfos.find(({ key }) => key === event.target.value) ?? auroc)}
            data={metricInfos.map(({ key, title }) => ({ value: key, label: title }))}
          />
          <ExportTable group={group} />
          <ExportScores summary={summary} />
        </>
      }
    >
      <div className={table.scroll}>
        <table className={table.table} aria-label="Detectors at the shown α">
          <thead>
            <tr>
              <th scope="col">Detector</th>
              {methods.columns.map((column) => (
                <SortHeader
                  key={column.key}
                  title={column.mean ? `${column.key} mean` : column.key}
                  explain={column.mean ? `Mean over the ${column.group}-OOD test sets` : `${column.group}-OOD`}
                  order={order?.column !== column.key ? null : order.reversed ? "ascending" : "descending"}
                  strong={column.mean}
                  onSort={() => sort(column.key)}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row
                key={row.detector}
                row={row}
                means={methods.columns.map((column) => column.mean)}
                seeds={group.cells.length}
                shown={row.detector === shown}
                notes={notes}
              />
            ))}
          </tbody>
        </table>
      </div>
      <Footnotes notes={notes} seeds={group.cells.length} />
    </Panel>
  );
});

interface SortHeaderProps {
  readonly title: string;
  readonly explain: string;
  readonly order: "ascending" | "descending" | null;
  readonly strong: boolean;
  readonly onSort: () => void;
}

function SortHeader({ title, explain, order, strong, onSort }: SortHeaderProps): ReactNode {
  return (
    <th scope="col" aria-sort={order ?? "none"} data-mean={strong}>
      <button type="button" className={css.sort} title={`${explain}. Sort by it.`} onClick={onSort}>
        {title}
        <span aria-hidden="true">{order === null ? "" : order === "descending" ? " ▾" : " ▴"}</span>
      </button>
    </th>
  );
}

interface RowProps {
  readonly row: MethodRow;
  readonly means: readonly boolean[];
  readonly seeds: number;
  readonly shown: boolean;
  readonly notes: readonly string[];
}

/** Choosing a row's detector makes every chart show it. */
function Row({ row, means, seeds, shown, notes }: RowProps): ReactNode {
  const select = useView((view) => view.selectDetector);
  const marks = row.reasons.map((reason) => notes.indexOf(reason) + 1).join(",");
  return (
    <tr data-selected={shown}>
      <th scope="row">
        <button
          type="button"
          className={css.pick}
          aria-pressed={shown}
          title="Show it in every chart"
          onClick={() => select(row.detector)}
        >
          {detectorTitle(row.detector)}
        </button>
        {marks === "" ? null : <sup>{marks}</sup>}
      </th>
      {row.cells.map((cell, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the columns have no other identity within a row.
        <td key={at} data-mean={means[at]} title={row.reasons.join("; ") || cellTitle(cell)}>
          {cell.bold ? <strong>{percent(cell.spread?.mean ?? null)}</strong> : percent(cell.spread?.mean ?? null)}
          {cell.level ? <LevelMark /> : null}
          {cell.spread !== null && cell.spread.n < seeds ? <span className={css.n}> n = {cell.spread.n}</span> : null}
        </td>
      ))}
    </tr>
  );
}

function cellTitle({ spread }: MethodCell): string {
  if (spread === null) return "no value";
  if (spread.sigma === null) return "n = 1";
  return `n = ${spread.n}, sample σ ${percent(spread.sigma)}, ${percent(spread.min)}–${percent(spread.max)}`;
}

function Footnotes({ notes, seeds }: { notes: readonly string[]; seeds: number }): ReactNode {
  return (
    <div className={css.notes}>
      <p>
        {seeds < 3
          ? "Nothing is bold: below three seeds no difference between detectors is judged."
          : "Bold: the best of its column, where the paired 95 % interval over seeds tells it from every other detector. ≈: the best and those that cannot be told from it."}
      </p>
      {notes.length === 0 ? null : (
        <ol aria-label="Why values are undefined">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ol>
      )}
    </div>
  );
}
