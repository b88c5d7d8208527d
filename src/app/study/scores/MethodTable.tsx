import { memo, type ReactNode } from "react";
import type { CellSummary } from "../../../study/summary.ts";
import type { AlphaGroup } from "../../model/cellIndex.ts";
import { seedSpread } from "../../model/curve.ts";
import { percent, plural } from "../../model/format.ts";
import { useView } from "../../state/view.ts";
import { DetectorTable } from "./DetectorTable.tsx";
import { ExportScores, ExportTable } from "./exports.tsx";

interface MethodTableProps {
  readonly group: AlphaGroup;
  /** The seed that the other panels show. */
  readonly summary: CellSummary;
  /** Key of the detector that the charts show. */
  readonly shown: string;
}

/** Every detector × every OOD test set at the shown α, mean over its finished seeds, in percent. */
export const MethodTable = memo(function MethodTable({ group, summary, shown }: MethodTableProps): ReactNode {
  const select = useView((view) => view.selectDetector);
  const accuracy = seedSpread(group.cells.map((cell) => cell.idAccuracy));
  const seeds = group.cells.length;
  return (
    <DetectorTable
      group={group}
      subject={`α = ${group.alpha.toFixed(2)}, mean over ${plural(seeds, "seed")}, percent; ID accuracy ${percent(accuracy?.mean ?? null)} %`}
      label="Detectors at the shown α"
      boldness={
        seeds < 3
          ? "Nothing is bold: below three seeds no difference between detectors is judged."
          : "Bold: the best of its column, where the paired 95 % interval over seeds tells it from every other detector. ≈: the best and those that cannot be told from it."
      }
      exports={
        <>
          <ExportTable group={group} />
          <ExportScores summary={summary} />
        </>
      }
      shown={shown}
      onShow={select}
    />
  );
});
