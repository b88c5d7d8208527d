import { memo, type ReactNode } from "react";
import { isBaselineOf } from "../../study/cell.ts";
import type { DetectorResult, Metrics } from "../../study/result.ts";
import type { CellSummary } from "../../study/summary.ts";
import { detectorOf } from "../model/curve.ts";
import { percent, signedPoints } from "../model/format.ts";
import { detectorTitle } from "../model/words.ts";
import { Panel } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";

interface DetectorTableProps {
  readonly summary: CellSummary;
  /** Where the baseline of the same seed is looked for. */
  readonly finished: readonly CellSummary[];
  readonly selected: string;
}

const columns: readonly { readonly key: keyof Metrics; readonly title: string; readonly explained: string }[] = [
  { key: "auroc", title: "AUROC ↑", explained: "area under the ROC, ties count ½" },
  { key: "fpr95Id", title: "FPR@95 ID ↓", explained: "share of OOD accepted when 95 % of ID are" },
  { key: "fpr95Ood", title: "FPR@95 OOD ↓", explained: "share of ID rejected when 95 % of OOD are caught" },
  { key: "auprIn", title: "AUPR-in ↑", explained: "ID is the positive class" },
  { key: "auprOut", title: "AUPR-out ↑", explained: "OOD is the positive class" },
];
const groups = ["near", "far"] as const;

/** Every detector of the shown cell, means over the near and the far test sets. */
export const DetectorTable = memo(function DetectorTable({
  summary,
  finished,
  selected,
}: DetectorTableProps): ReactNode {
  const { cell } = summary;
  const baseline =
    cell.generator === null
      ? null
      : (finished.find((other) => other.cell.seed === cell.seed && isBaselineOf(other.cell, cell)) ?? null);
  return (
    <Panel
      title="Detectors"
      summary={`α = ${cell.alpha.toFixed(2)}, seed ${cell.seed}, ID accuracy ${percent(summary.idAccuracy)} %. In %, means over the test sets of each group.${
        baseline === null
          ? ""
          : " In grey: points above or below the baseline (α = 1) of the same seed; one seed alone shows no effect."
      }`}
    >
      <div className={table.scroll}>
        <table className={table.table} aria-label="Detectors of the shown cell">
          <thead>
            <tr>
              <th scope="col" rowSpan={2}>
                Detector
              </th>
              {groups.map((group) => (
                <th key={group} scope="colgroup" colSpan={columns.length} style={{ textAlign: "center" }}>
                  {group}-OOD
                </th>
              ))}
            </tr>
            <tr>
              {groups.map((group) =>
                columns.map(({ key, title, explained }) => (
                  <th key={`${group}${key}`} scope="col" title={explained} style={{ textAlign: "right" }}>
                    {title}
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {summary.detectors.map((result) => (
              <Row
                key={result.detector}
                result={result}
                baseline={baseline === null ? null : detectorOf(baseline, result.detector)}
                selected={result.detector === selected}
              />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
});

interface RowProps {
  readonly result: DetectorResult;
  readonly baseline: DetectorResult | null;
  readonly selected: boolean;
}

function Row({ result, baseline, selected }: RowProps): ReactNode {
  return (
    <tr data-selected={selected}>
      <th scope="row">{detectorTitle(result.detector)}</th>
      {result.undefinedBecause === null ? (
        groups.map((group) =>
          columns.map(({ key }) => {
            const value = result[group][key];
            const base = key === "auroc" ? (baseline?.[group].auroc ?? null) : null;
            return (
              <td key={`${group}${key}`}>
                {percent(value)}
                {value === null || base === null ? null : (
                  <span className={table.delta}>{signedPoints(value - base)}</span>
                )}
              </td>
            );
          }),
        )
      ) : (
        <td className={table.text} colSpan={groups.length * columns.length}>
          {result.undefinedBecause}
        </td>
      )}
    </tr>
  );
}
