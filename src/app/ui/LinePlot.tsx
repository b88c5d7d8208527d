import type { ReactNode } from "react";
import css from "./plot.module.css";

export interface PlotLine {
  readonly id: string;
  readonly x: readonly number[];
  /** Same length as x; null = no value there, the line has a gap. */
  readonly y: readonly (number | null)[];
  readonly colour: string;
  readonly dash?: string;
  readonly strong?: boolean;
}

interface LinePlotProps {
  readonly lines: readonly PlotLine[];
  readonly xDomain: readonly [number, number];
  readonly yDomain: readonly [number, number];
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  readonly xFormat: (value: number) => string;
  readonly yFormat: (value: number) => string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** The accessible sentence of the chart. */
  readonly label: string;
  readonly diagonal?: boolean;
  readonly height?: number;
}

const WIDTH = 420;
const MARGIN = { left: 46, right: 10, top: 8, bottom: 34 };

/** A small line chart as plain SVG: one path per line, cheap enough to follow a moving slider. */
export function LinePlot(props: LinePlotProps): ReactNode {
  const { lines, xDomain, yDomain, xTicks, yTicks, height = 230 } = props;
  const right = WIDTH - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const toX = (value: number): number => scale(value, xDomain, MARGIN.left, right);
  const toY = (value: number): number => scale(value, yDomain, bottom, MARGIN.top);
  return (
    <svg className={css.plot} viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={props.label}>
      {xTicks.map((tick) => (
        <g key={tick}>
          <line className={css.grid} x1={toX(tick)} x2={toX(tick)} y1={MARGIN.top} y2={bottom} />
          <text className={css.tick} x={toX(tick)} y={bottom + 14} textAnchor="middle">
            {props.xFormat(tick)}
          </text>
        </g>
      ))}
      {yTicks.map((tick) => (
        <g key={tick}>
          <line className={css.grid} x1={MARGIN.left} x2={right} y1={toY(tick)} y2={toY(tick)} />
          <text className={css.tick} x={MARGIN.left - 6} y={toY(tick) + 4} textAnchor="end">
            {props.yFormat(tick)}
          </text>
        </g>
      ))}
      <text className={css.axis} x={(MARGIN.left + right) / 2} y={height - 4} textAnchor="middle">
        {props.xLabel}
      </text>
      <text
        className={css.axis}
        transform={`translate(11 ${(MARGIN.top + bottom) / 2}) rotate(-90)`}
        textAnchor="middle"
      >
        {props.yLabel}
      </text>
      {props.diagonal ? (
        <line
          className={css.diagonal}
          x1={toX(xDomain[0])}
          y1={toY(yDomain[0])}
          x2={toX(xDomain[1])}
          y2={toY(yDomain[1])}
        />
      ) : null}
      {lines.map((line) => (
        <path
          key={line.id}
          d={linePath(line, toX, toY)}
          fill="none"
          stroke={line.colour}
          strokeWidth={line.strong ? 2.4 : 1.4}
          strokeDasharray={line.dash}
          strokeLinejoin="round"
        />
      ))}
    </svg>
  );
}

function scale(value: number, [from, to]: readonly [number, number], start: number, end: number): number {
  return to === from ? (start + end) / 2 : start + ((value - from) / (to - from)) * (end - start);
}

function linePath(line: PlotLine, toX: (x: number) => number, toY: (y: number) => number): string {
  let path = "";
  let pen = "M";
  line.x.forEach((x, i) => {
    const y = line.y[i];
    if (y === null || y === undefined) {
      pen = "M";
      return;
    }
    path += `${pen}${toX(x).toFixed(1)} ${toY(y).toFixed(1)}`;
    pen = "L";
  });
  return path;
}
