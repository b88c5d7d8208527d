import { NativeSelect } from "@mantine/core";
import { type ReactNode, useMemo, useState } from "react";
import { LevelMark } from "../../compare/ValueCell.tsx";
import { percent } from "../../model/format.ts";
import {
  type MethodCell,
  type MethodRow,
  type MetricInfo,
  methodTable,
  metricInfos,
  type ScoredGroup,
  sortedRows,
} from "../../model/methodTable.ts";
import { detectorTitle } from "../../model/words.ts";
import { Panel } from "../../ui/Panel.tsx";
import table from "../../ui/table.module.css";
import css from "./methodTable.module.css";

interface DetectorTableProps {
  readonly group: ScoredGroup;
  /** What the values are of: "α = 0.80, mean over 3 seeds". */
  readonly subject: string;
  /** Accessible name of the table. */
  readonly label: string;
  /** What bold means here, or why nothing is. */
  readonly boldness: string;
  readonly exports: ReactNode;
  /** Key of the detector that the charts show. */
  readonly shown: string;
  readonly onShow: (detector: string) => void;
}

const [auroc] = metricInfos as readonly [MetricInfo];

/** Every detector × every OOD test set, in percent; a row's name makes every chart show it. */
export function DetectorTable(props: DetectorTableProps): ReactNode {
  const { group, subject, label, boldness, exports, shown, onShow } = props;
  const [metric, setMetric] = useState(auroc);
  const [order, setOrder] = useState<{ readonly column: string; readonly reversed: boolean } | null>(null);
  const methods = useMemo(() => methodTable(group, metric), [group, metric]);
  const rows = order === null ? methods.rows : sortedRows(methods, order.column, metric, order.reversed);
  const notes = [...new Set(rows.flatMap((row) => row.reasons))];
  const sort = (column: string): void =>
    setOrder(
      order?.column !== column ? { column, reversed: false } : order.reversed ? null : { column, reversed: true },
    );
  return (
    <Panel
      title="Detectors × OOD sets"
      summary={`${subject}. ${metric.title}: ${metric.explain}. Near and far are unweighted means over their test sets.`}
      actions={
        <>
          <NativeSelect
            size="xs"
            aria-label="Metric of the table"
            value={metric.key}
            onChange={(event) => setMetric(metricInfos.find(({ key }) => key === event.target.value) ?? auroc)}
            data={metricInfos.map(({ key, title }) => ({ value: key, label: title }))}
          />
          {exports}
        </>
      }
    >
      <div className={table.scroll}>
        <table className={table.table} aria-label={label}>
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
                onShow={onShow}
              />
            ))}
          </tbody>
        </table>
      </div>
      <Footnotes notes={notes} boldness={boldness} />
    </Panel>
  );
}

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
  readonly onShow: (detector: string) => void;
}

/** Choosing a row's detector makes every chart show it. */
function Row({ row, means, seeds, shown, notes, onShow }: RowProps): ReactNode {
  const marks = row.reasons.map((reason) => notes.indexOf(reason) + 1).join(",");
  return (
    <tr data-selected={shown}>
      <th scope="row">
        <button
          type="button"
          className={css.pick}
          aria-pressed={shown}
          title="Show it in every chart"
          onClick={() => onShow(row.detector)}
        >
          {detectorTitle(row.detector)}
        </button>
        {marks === "" ? null : <sup>{marks}</sup>}
      </th>
      {row.cells.map((cell, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the columns have no other identity within a row.
        <td key={at} data-mean={means[at]} title={row.reasons.join("; ") || cellTitle(cell)}>
          {cell.bold ? <strong>{percent(cell.spread?.mean ?? null)}</strong> : percent(cell.spread?.mean ?? null)}
          {cell.level && seeds > 1 ? <LevelMark /> : null}
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

function Footnotes({ notes, boldness }: { notes: readonly string[]; boldness: string }): ReactNode {
  return (
    <div className={css.notes}>
      <p>{boldness}</p>
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
