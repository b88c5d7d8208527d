import { memo, type ReactNode } from "react";
import type { Metrics } from "../../study/result.ts";
import type { CellSummary } from "../../study/summary.ts";
import type { AlphaGroup } from "../model/cellIndex.ts";
import { detectorOf, metricOf, seedSpread } from "../model/curve.ts";
import { percent, plural } from "../model/format.ts";
import { detectorTitle } from "../model/words.ts";
import { Panel } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";

const columns: readonly { key: keyof Metrics; title: string; explain: string }[] = [
  { key: "auroc", title: "AUROC ↑", explain: "P(ID scores above OOD), ties ½" },
  { key: "fpr95Id", title: "FPR@95 ID+ ↓", explain: "ID positive: OOD accepted when 95 % of ID are" },
  { key: "fpr95Ood", title: "FPR@95 OOD+ ↓", explain: "OOD positive: ID rejected when 95 % of OOD are caught" },
  { key: "auprIn", title: "AUPR-in ↑", explain: "ID positive; depends on how many OOD images there are" },
  { key: "auprOut", title: "AUPR-out ↑", explain: "OOD positive; depends on how many OOD images there are" },
];

/** Every detector at the shown α, mean over its finished seeds, in percent. */
export const DetectorTable = memo(function DetectorTable({
  group,
  summary,
}: {
  group: AlphaGroup;
  /** The seed that the other panels show. */
  summary: CellSummary;
}) {
  const names = group.cells[0]?.detectors.map((result) => result.detector) ?? [];
  const accuracy = seedSpread(group.cells.map((summary) => summary.idAccuracy));
  return (
    <Panel
      title="Detectors"
      summary={`α = ${group.alpha.toFixed(2)}, mean over ${plural(group.cells.length, "seed")}, percent; ID accuracy ${percent(accuracy?.mean ?? null)} %. Near and far are unweighted means over their test sets.`}
    >
      <div className={table.scroll}>
        <table className={table.table} aria-label="Detectors at the shown α">
          <thead>
            <tr>
              <th scope="col">Detector</th>
              <th scope="col">OOD</th>
              <th scope="col" title="Seeds for which the detector is defined">
                n
              </th>
              {columns.map((column) => (
                <th key={column.key} scope="col" title={column.explain}>
                  {column.title}
                </th>
              ))}
              <th scope="col">AUROC, seed {summary.cell.seed}</th>
            </tr>
          </thead>
          <tbody>
            {names.flatMap((name) =>
              (["near", "far"] as const).map((ood) => (
                <Row key={name + ood} name={name} ood={ood} group={group} summary={summary} />
              )),
            )}
          </tbody>
        </table>
      </div>
    </Panel>
  );
});

interface RowProps {
  readonly name: string;
  readonly ood: "near" | "far";
  readonly group: AlphaGroup;
  readonly summary: CellSummary;
}

function Row({ name, ood, group, summary }: RowProps): ReactNode {
  const results = group.cells.map((summary) => detectorOf(summary, name));
  const because = results.find((result) => result?.undefinedBecause)?.undefinedBecause ?? null;
  return (
    <tr>
      <th scope="row">{detectorTitle(name)}</th>
      <td className={table.text}>{ood}</td>
      <td>{seedSpread(results.map((result) => result?.[ood].auroc ?? null))?.n ?? 0}</td>
      {columns.map(({ key }) => (
        <td key={key} title={because ?? undefined}>
          {percent(seedSpread(results.map((result) => result?.[ood][key] ?? null))?.mean ?? null)}
        </td>
      ))}
      <td>{percent(metricOf(summary, name, ood))}</td>
    </tr>
  );
}
