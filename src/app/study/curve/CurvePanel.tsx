import { NativeSelect, SegmentedControl } from "@mantine/core";
import { type ReactNode, useMemo, useState } from "react";
import { chooseAlpha } from "../../model/alphaChoice.ts";
import { type CurveMetric, curveMetrics, curvePoints } from "../../model/curve.ts";
import { backendText, detectorTitle } from "../../model/words.ts";
import { useView } from "../../state/view.ts";
import { Empty, Panel } from "../../ui/Panel.tsx";
import { DetectorSelect } from "../detector/DetectorSelect.tsx";
import { useStudyModel } from "../studyModel.tsx";
import { AlphaSlider } from "./AlphaSlider.tsx";
import { ChosenAlpha } from "./ChosenAlpha.tsx";
import { CurveChart } from "./CurveChart.tsx";
import { CurveLegend } from "./CurveLegend.tsx";
import { CurveTable } from "./CurveTable.tsx";
import css from "./curve.module.css";
import { chartRows, curveStyles, curveSummary, seriesOf, type WhiskerKind } from "./curveSeries.ts";

const fixedDomain = [0.5, 1] as const;

/** The α chart with its legend, controls, table twin, and the slider under its x axis. */
export function CurvePanel(): ReactNode {
  const { index, curve, detector, generators, benchmark } = useStudyModel();
  const selectCurve = useView((view) => view.selectCurve);
  const [shown, setShown] = useState<readonly CurveMetric[]>(curveMetrics);
  const [kind, setKind] = useState<WhiskerKind>("range");
  const [zoom, setZoom] = useState("fixed");

  const styles = useMemo(() => curveStyles(index, generators), [index, generators]);
  const series = useMemo(() => seriesOf(styles, shown), [styles, shown]);
  const rows = useMemo(() => chartRows(series, detector, kind), [series, detector, kind]);
  const domain = useMemo(
    () => (zoom === "fixed" ? fixedDomain : dataDomain(series, detector)),
    [zoom, series, detector],
  );
  const hidden = useMemo(() => belowAxis(series, detector, domain[0]), [series, detector, domain]);

  const toggle = (metric: CurveMetric): void =>
    setShown(curveMetrics.filter((other) => (other === metric ? !shown.includes(metric) : shown.includes(other))));

  const title = `AUROC over α, ${detectorTitle(detector)}`;
  const controls = (
    <>
      <DetectorSelect label="Detector" />
      <NativeSelect
        size="xs"
        aria-label="Whiskers"
        value={kind}
        onChange={(event) => setKind(event.target.value === "sigma" ? "sigma" : "range")}
        data={[
          { value: "range", label: "whisker: min–max" },
          { value: "sigma", label: "whisker: ±σ (n − 1)" },
        ]}
      />
      <SegmentedControl
        size="xs"
        aria-label="Vertical axis"
        value={zoom}
        onChange={setZoom}
        data={[
          { value: "fixed", label: "50–100 %" },
          { value: "data", label: "Zoom" },
        ]}
      />
    </>
  );

  const choice = useMemo(() => (curve === null ? null : chooseAlpha(curve, detector)), [curve, detector]);
  const points = curve === null ? [] : curvePoints(curve, detector);
  return (
    <Panel
      title={title}
      actions={controls}
      summary={
        index.finished.length === 0
          ? undefined
          : `${curveSummary(points, "near", "Near-OOD AUROC")} ${curveSummary(points, "far", "Far-OOD AUROC")}`
      }
    >
      <CurveLegend
        styles={styles}
        shown={shown}
        onToggle={toggle}
        selected={curve?.key ?? null}
        onSelect={selectCurve}
      />
      <figure style={{ margin: 0 }} aria-label={title}>
        {index.finished.length === 0 ? (
          <Empty>No cell of this study has finished yet. Each finished cell becomes a point here.</Empty>
        ) : null}
        <CurveChart
          series={series}
          rows={rows}
          detector={detector}
          domain={domain}
          chosenAlpha={choice === null || "because" in choice ? null : choice.alpha}
        />
      </figure>
      <AlphaSlider />
      {choice === null || index.finished.length === 0 ? null : (
        <ChosenAlpha choice={choice} sets={benchmark?.sets ?? []} />
      )}
      <p className={css.note}>
        Mean over seeds; whisker {kind === "range" ? "from the lowest to the highest seed" : "± sample σ (n − 1)"}.
        Filled: converged; hollow: not converged. Dotted: the baseline α = 1. Lines join measured points and say nothing
        between them. {hidden > 0 ? `${hidden} of the means lie below this axis: use Zoom. ` : ""}
        {zoom === "data" ? "The vertical axis is zoomed to the data. " : ""}
        {backendNote(index.finished.map((summary) => backendText(summary.backend)))}
      </p>
      <CurveTable styles={styles} detector={detector} />
    </Panel>
  );
}

function means(series: ReturnType<typeof seriesOf>, detector: string): number[] {
  return series.flatMap(({ curve, metric }) =>
    curvePoints(curve, detector).flatMap((point) => {
      const spread = point[metric];
      return spread === null ? [] : [spread.min, spread.max];
    }),
  );
}

function dataDomain(series: ReturnType<typeof seriesOf>, detector: string): readonly [number, number] {
  const values = means(series, detector);
  if (values.length === 0) return fixedDomain;
  const low = Math.floor(Math.min(...values) * 50 - 0.25) / 50;
  const high = Math.ceil(Math.max(...values) * 50 + 0.25) / 50;
  return [Math.max(0, low), Math.min(1, high)];
}

function belowAxis(series: ReturnType<typeof seriesOf>, detector: string, low: number): number {
  return series.reduce(
    (sum, { curve, metric }) =>
      sum + curvePoints(curve, detector).filter((point) => (point[metric]?.mean ?? 1) < low).length,
    0,
  );
}

/** Numbers of different backends differ in bits, so a curve made by several says so. */
function backendNote(backends: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const backend of backends) counts.set(backend, (counts.get(backend) ?? 0) + 1);
  if (counts.size < 2) return "";
  const parts = [...counts].map(([backend, n]) => `${backend} (${n})`);
  return `Cells come from several backends, whose numbers differ slightly: ${parts.join(", ")}.`;
}
