import { memo, type ReactNode } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { CellSummary } from "../../study/summary.ts";
import { detectorOf } from "../model/curve.ts";
import { percent } from "../model/format.ts";
import { detectorTitle } from "../model/words.ts";
import { LinePlot, type PlotLine } from "../ui/LinePlot.tsx";
import { Empty, Panel, TableTwin } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";
import { setTitle } from "./setTitle.ts";

interface RocPanelProps {
  readonly summary: CellSummary;
  readonly detector: string;
  readonly benchmark: BenchmarkInfo | null;
  readonly chosen: string | null;
}

const ticks = [0, 0.25, 0.5, 0.75, 1];
const unit = [0, 1] as const;

/** ROC of every OOD test set; the chosen one is strong and has its numbers below. */
export const RocPanel = memo(function RocPanel({ summary, detector, benchmark, chosen }: RocPanelProps): ReactNode {
  const sets = detectorOf(summary, detector)?.sets.filter((set) => set.test && set.roc !== null) ?? [];
  const strong = sets.find((set) => set.set === chosen) ?? sets[0];
  if (strong === undefined) {
    return (
      <Panel title="ROC">
        <Empty>No ROC is stored for {detectorTitle(detector)} in this cell.</Empty>
      </Panel>
    );
  }
  const lines = sets.map(
    (set): PlotLine => ({
      id: set.set,
      x: set.roc?.fpr ?? [],
      y: set.roc?.tpr ?? [],
      colour: set.group === "near" ? "var(--near)" : "var(--far)",
      strong: set === strong,
    }),
  );
  const name = setTitle(benchmark, strong.set);
  const summaryText = `${name}: AUROC ${percent(strong.metrics.auroc)} %; at 95 % of ID accepted, ${percent(strong.metrics.fpr95Id)} % of OOD are accepted too.`;
  return (
    <Panel
      title={`ROC, ${detectorTitle(detector)}`}
      summary={`${summaryText} Bold: ${name}; near in red, far in violet.`}
    >
      <LinePlot
        lines={[...lines.filter((line) => !line.strong), ...lines.filter((line) => line.strong)]}
        xDomain={unit}
        yDomain={unit}
        xTicks={ticks}
        yTicks={ticks}
        xFormat={(value) => String(value * 100)}
        yFormat={(value) => String(value * 100)}
        xLabel="OOD accepted (%)"
        yLabel="ID accepted (%)"
        label={summaryText}
        diagonal
      />
      <TableTwin label={`View the ROC of ${name} as a table`}>
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">OOD accepted (%)</th>
              <th scope="col">ID accepted (%)</th>
            </tr>
          </thead>
          <tbody>
            {strong.roc?.fpr.map((fpr, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the points of a ROC have no other name.
              <tr key={i}>
                <td>{percent(fpr)}</td>
                <td>{percent(strong.roc?.tpr[i] ?? null)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableTwin>
    </Panel>
  );
});
