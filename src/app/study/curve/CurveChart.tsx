import { type Key, memo, type ReactNode } from "react";
import {
  CartesianGrid,
  ErrorBar,
  Line,
  LineChart,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  usePlotArea,
  XAxis,
  YAxis,
} from "recharts";
import { baselineOf, curvePoints } from "../../model/curve.ts";
import { useView } from "../../state/view.ts";
import { useShownGroup } from "../studyModel.tsx";
import { ChosenAlphaMark } from "./ChosenAlpha.tsx";
import { CurveMark } from "./CurveMark.tsx";
import { CurveTooltip } from "./CurveTooltip.tsx";
import { type ChartRow, type CurveSeries, pointIn } from "./curveSeries.ts";
import { metricColours } from "./metricStyle.ts";

const xTicks = [0, 0.2, 0.4, 0.6, 0.8, 1];
/** Left and right of the plot area; AlphaSlider.module.css keeps the slider's track inside the same lines. */
const PLOT = { top: 10, right: 24, bottom: 0, left: 0 };
const Y_AXIS = 56;

interface CurveChartProps {
  readonly series: readonly CurveSeries[];
  readonly rows: readonly ChartRow[];
  readonly detector: string;
  readonly domain: readonly [number, number];
  /** The α that the validation sets choose, marked on the axis; null = none. */
  readonly chosenAlpha: number | null;
}

/** AUROC and accuracy over α. Knows nothing of the slider: the cursor in it follows by itself. */
export const CurveChart = memo(function CurveChart(props: CurveChartProps): ReactNode {
  const { series, rows, detector, domain, chosenAlpha } = props;
  const setAlpha = useView((view) => view.setAlpha);
  return (
    <ResponsiveContainer width="100%" height={300}>
      <LineChart
        data={rows}
        margin={PLOT}
        accessibilityLayer={false}
        onClick={(state) => state.activeLabel !== undefined && setAlpha(Number(state.activeLabel))}
      >
        <CartesianGrid stroke="var(--grid)" />
        <XAxis
          dataKey="alpha"
          type="number"
          domain={[0, 1]}
          ticks={xTicks}
          tick={{ fill: "var(--soft)", fontSize: 12 }}
          stroke="var(--line)"
          height={24}
        />
        <YAxis
          domain={[domain[0], domain[1]]}
          allowDataOverflow
          width={Y_AXIS}
          tickFormatter={(value: number) => (value * 100).toFixed(domain[1] - domain[0] < 0.1 ? 1 : 0)}
          tick={{ fill: "var(--soft)", fontSize: 12 }}
          stroke="var(--line)"
          label={{
            value: "% (higher is better)",
            angle: -90,
            position: "insideLeft",
            fill: "var(--soft)",
            fontSize: 12,
            dx: 6,
            dy: 56,
          }}
        />
        <Tooltip
          content={<CurveTooltip series={series} />}
          isAnimationActive={false}
          cursor={{ stroke: "var(--line)" }}
        />
        {series.map((line) => {
          const base = baselineOf(curvePoints(line.curve, detector))?.[line.metric];
          return base ? (
            <ReferenceLine
              key={`baseline ${line.id}`}
              y={base.mean}
              stroke={metricColours[line.metric]}
              strokeOpacity={0.45}
              strokeDasharray="1 4"
            />
          ) : null;
        })}
        {series.map((line) => (
          <Line
            key={line.id}
            dataKey={line.id}
            stroke={metricColours[line.metric]}
            strokeWidth={1.5}
            strokeDasharray={line.dash}
            connectNulls
            isAnimationActive={false}
            activeDot={false}
            dot={({ cx, cy, payload, key }: DotProps) => {
              const point = pointIn(payload, line.id);
              return point === null || cx === undefined || cy === undefined ? (
                <g key={key} />
              ) : (
                <CurveMark
                  key={key}
                  mark={line.mark}
                  x={cx}
                  y={cy}
                  colour={metricColours[line.metric]}
                  hollow={!point.converged}
                />
              );
            }}
          >
            <ErrorBar
              dataKey={`${line.id} whisker`}
              width={5}
              stroke={metricColours[line.metric]}
              strokeWidth={1.2}
              isAnimationActive={false}
            />
          </Line>
        ))}
        {chosenAlpha === null ? null : <ChosenAlphaMark alpha={chosenAlpha} />}
        <AlphaCursor />
      </LineChart>
    </ResponsiveContainer>
  );
});

interface DotProps {
  readonly cx?: number | undefined;
  readonly cy?: number | undefined;
  readonly payload: ChartRow;
  readonly key?: Key | null | undefined;
}

/** A line at the slider's α, and a band at the finished α that the panels show. */
function AlphaCursor(): ReactNode {
  const area = usePlotArea();
  const alpha = useView((view) => view.alpha);
  const group = useShownGroup();
  if (!area) return null;
  const x = area.x + alpha * area.width;
  return (
    <g pointerEvents="none">
      {group === null ? null : (
        <rect
          x={area.x + group.alpha * area.width - 9}
          y={area.y}
          width={18}
          height={area.height}
          fill="var(--ink)"
          opacity={0.07}
        />
      )}
      <line x1={x} x2={x} y1={area.y} y2={area.y + area.height} stroke="var(--ink)" strokeWidth={1.5} />
    </g>
  );
}
