import { Button, NativeSelect } from "@mantine/core";
import { type ReactNode, useMemo, useState } from "react";
import type { GeneratorInfo } from "../../generators/generator.ts";
import { PAIRED_SEEDS } from "../../metrics/paired.ts";
import { alphaText } from "../../study/cell.ts";
import type { Study } from "../../study/study.ts";
import type { AlphaGroup, CellIndex } from "../model/cellIndex.ts";
import { plural } from "../model/format.ts";
import { type MetricKey, metricFacts, metricFactsOf } from "../model/metricFacts.ts";
import { detectorTitle } from "../model/words.ts";
import { download } from "../report/download.ts";
import { useView } from "../state/view.ts";
import { curveTitle } from "../study/curveSeries.ts";
import { Panel } from "../ui/Panel.tsx";
import { MethodGrid } from "./MethodGrid.tsx";
import { methodCsv } from "./methodCsv.ts";
import { type MethodTable, methodTable } from "./methodTable.ts";
import type { SigmaKind } from "./ValueCell.tsx";

interface MethodPanelProps {
  readonly study: Study;
  readonly index: CellIndex;
  readonly generators: readonly GeneratorInfo[];
  readonly detectors: readonly string[];
  readonly sigma: SigmaKind;
}

/** Detectors × OOD sets at the selected generator and α. */
export function MethodPanel({ study, index, generators, detectors, sigma }: MethodPanelProps): ReactNode {
  const alpha = useView((view) => view.alpha);
  const curveKey = useView((view) => view.curveKey);
  const setAlpha = useView((view) => view.setAlpha);
  const selectCurve = useView((view) => view.selectCurve);
  const [metric, setMetric] = useState<MetricKey>("auroc");
  const curve = index.curve(curveKey);
  const group = curve === null ? null : index.nearest(curve, alpha);
  const table = useMemo(
    () => (group === null ? null : methodTable(group.cells, detectors, metric)),
    [group, detectors, metric],
  );
  if (curve === null || group === null || table === null) return null;
  const ofCurve = (key: string | null) => generators.find((info) => info.id === key);
  const controls = (
    <>
      <NativeSelect
        size="xs"
        aria-label="Generator of the table"
        value={curve.key}
        onChange={(event) => selectCurve(event.target.value)}
        data={index.curves.map((other) => ({
          value: other.key,
          label: curveTitle(other, index.curves, ofCurve(other.generator)),
        }))}
      />
      <NativeSelect
        size="xs"
        aria-label="α of the table"
        value={String(group.alpha)}
        onChange={(event) => setAlpha(Number(event.target.value))}
        data={curve.groups.flatMap((other) =>
          other.cells.length === 0 ? [] : [{ value: String(other.alpha), label: `α = ${alphaText(other.alpha)}` }],
        )}
      />
      <NativeSelect
        size="xs"
        aria-label="Metric of the table"
        value={metric}
        onChange={(event) => setMetric(metricFacts.find(({ key }) => key === event.target.value)?.key ?? "auroc")}
        data={metricFacts.map(({ key, title }) => ({ value: key, label: title }))}
      />
      <Button
        size="xs"
        variant="default"
        onClick={() => {
          const about = { study: study.name, generator: curve.generator ?? "none", alpha: group.alpha };
          download(`methods-${metric}-a${alphaText(group.alpha)}.csv`, "text/csv", methodCsv(about, table));
        }}
      >
        Export table
      </Button>
    </>
  );
  return (
    <Panel title="Detectors × OOD sets" summary={summaryOf(table, group, sigma)} actions={controls}>
      <MethodGrid table={table} sigma={sigma} />
    </Panel>
  );
}

function summaryOf({ metric, columns, leads }: MethodTable, { alpha, cells }: AlphaGroup, sigma: SigmaKind): string {
  const { title, explain, lowerIsBetter } = metricFactsOf(metric);
  const what = `α = ${alphaText(alpha)}, ${title} in percent, ${lowerIsBetter ? "lower" : "higher"} is better (${explain}); mean ± ${sigma} σ over ${plural(cells.length, "seed")}.`;
  if (cells.length < PAIRED_SEEDS) return `${what} Nothing is bold below ${PAIRED_SEEDS} seeds.`;
  const wins = new Map<string, number>();
  for (const lead of leads) if (lead?.bold) wins.set(lead.bold, (wins.get(lead.bold) ?? 0) + 1);
  const winners = [...wins].map(([detector, n]) => `${detectorTitle(detector)} in ${n}`).join(", ");
  return `${what} Best and separable from every other detector (paired over seeds): ${winners === "" ? "none" : winners} of ${plural(columns.length, "column")}.`;
}
