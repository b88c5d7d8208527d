import { Button, NativeSelect } from "@mantine/core";
import { type ReactNode, useMemo, useState } from "react";
import type { GeneratorInfo } from "../../generators/generator.ts";
import { PAIRED_SEEDS } from "../../metrics/paired.ts";
import { alphaText } from "../../study/cell.ts";
import type { Study } from "../../study/study.ts";
import type { AlphaGroup, CellIndex, Curve } from "../model/cellIndex.ts";
import { plural } from "../model/format.ts";
import { methodCsv } from "../model/methodCsv.ts";
import { type MethodTable, type MetricInfo, methodTable, metricInfos } from "../model/methodTable.ts";
import { detectorTitle } from "../model/words.ts";
import { download } from "../report/download.ts";
import { useView } from "../state/view.ts";
import { curveTitle } from "../study/curve/curveSeries.ts";
import { Panel } from "../ui/Panel.tsx";
import { MethodGrid } from "./MethodGrid.tsx";
import type { SigmaKind } from "./ValueCell.tsx";

const [auroc] = metricInfos as readonly [MetricInfo];

interface MethodPanelProps {
  readonly study: Study;
  readonly index: CellIndex;
  readonly generators: readonly GeneratorInfo[];
  readonly sigma: SigmaKind;
}

/** Detectors × OOD sets at the generator and α that the study page shows too. */
export function MethodPanel({ study, index, generators, sigma }: MethodPanelProps): ReactNode {
  const alpha = useView((view) => view.alpha);
  const curveKey = useView((view) => view.curveKey);
  const [metric, setMetric] = useState(auroc);
  const curve = index.curve(curveKey);
  const group = curve === null ? null : index.nearest(curve, alpha);
  const methods = useMemo(() => (group === null ? null : methodTable(group, metric)), [group, metric]);
  if (curve === null || group === null || methods === null) return null;
  return (
    <Panel
      title="Detectors × OOD sets"
      summary={summaryOf(methods, metric, group, sigma)}
      actions={
        <>
          <CellChoice index={index} curve={curve} group={group} generators={generators} />
          <NativeSelect
            size="xs"
            aria-label="Metric of the table"
            value={metric.key}
            onChange={(event) => setMetric(metricInfos.find(({ key }) => key === event.target.value) ?? auroc)}
            data={metricInfos.map(({ key, title }) => ({ value: key, label: title }))}
          />
          <Button
            size="xs"
            variant="default"
            onClick={() =>
              download(
                `methods-${curve.generator ?? "real"}-a${alphaText(group.alpha)}.csv`,
                "text/csv",
                methodCsv(study, group),
              )
            }
          >
            Export table
          </Button>
        </>
      }
    >
      <MethodGrid methods={methods} sigma={sigma} />
    </Panel>
  );
}

interface CellChoiceProps {
  readonly index: CellIndex;
  readonly curve: Curve;
  readonly group: AlphaGroup;
  readonly generators: readonly GeneratorInfo[];
}

function CellChoice({ index, curve, group, generators }: CellChoiceProps): ReactNode {
  const setAlpha = useView((view) => view.setAlpha);
  const selectCurve = useView((view) => view.selectCurve);
  const titleOf = (other: Curve): string =>
    curveTitle(
      other,
      index.curves,
      generators.find(({ id }) => id === other.generator),
    );
  const finished = curve.groups.filter(({ cells }) => cells.length > 0);
  return (
    <>
      <NativeSelect
        size="xs"
        aria-label="Generator of the table"
        value={curve.key}
        onChange={(event) => selectCurve(event.target.value)}
        data={index.curves.map((other) => ({ value: other.key, label: titleOf(other) }))}
      />
      <NativeSelect
        size="xs"
        aria-label="α of the table"
        value={String(group.alpha)}
        onChange={(event) => setAlpha(Number(event.target.value))}
        data={finished.map((other) => ({ value: String(other.alpha), label: `α = ${alphaText(other.alpha)}` }))}
      />
    </>
  );
}

function summaryOf(
  { columns, rows }: MethodTable,
  { title, explain }: MetricInfo,
  { alpha, cells }: AlphaGroup,
  sigma: SigmaKind,
): string {
  const what = `α = ${alphaText(alpha)}, ${title} in percent (${explain}); mean ± ${sigma} σ over ${plural(cells.length, "seed")}.`;
  if (cells.length < PAIRED_SEEDS) return `${what} Nothing is bold below ${PAIRED_SEEDS} seeds.`;
  const winners = rows.flatMap((row) => {
    const n = row.cells.filter(({ bold }) => bold).length;
    return n === 0 ? [] : [`${detectorTitle(row.detector)} in ${n}`];
  });
  return `${what} Best and separable from every other detector (paired over seeds): ${winners.join(", ") || "none"} of ${plural(columns.length, "column")}.`;
}
