import type { ReactNode } from "react";
import { percent } from "../../model/format.ts";

/** A point of either chart; `mark` is drawn by kind, so that no colour has to be told apart. */
export interface ChartPoint {
  readonly key: string;
  readonly title: string;
  readonly x: number;
  /** Fraction. */
  readonly y: number;
  readonly mark: "learned" | "controlled" | "paper";
}

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [420, 260, 56, 40];

/** Distance to the right, AUROC upwards. */
export function FidelityChart({
  label,
  axis,
  points,
}: {
  label: string;
  axis: string;
  points: readonly ChartPoint[];
}): ReactNode {
  const [x0, x1] = widened(points.map(({ x }) => x));
  const [y0, y1] = widened(points.map(({ y }) => y));
  const across = (x: number): number => LEFT + ((x - x0) / (x1 - x0)) * (WIDTH - LEFT - 12);
  const up = (y: number): number => HEIGHT - BOTTOM - ((y - y0) / (y1 - y0)) * (HEIGHT - BOTTOM - 12);
  const ticks = [0, 0.5, 1];
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} width="100%" style={{ maxWidth: 560 }}>
      <title>{label}</title>
      <path d={`M${LEFT} 8V${HEIGHT - BOTTOM}H${WIDTH - 8}`} fill="none" stroke="currentColor" strokeOpacity={0.5} />
      <g fontSize={11} fill="currentColor">
        {ticks.map((share) => (
          <g key={share}>
            <text x={across(x0 + share * (x1 - x0))} y={HEIGHT - BOTTOM + 15} textAnchor="middle">
              {(x0 + share * (x1 - x0)).toPrecision(3)}
            </text>
            <text x={LEFT - 6} y={up(y0 + share * (y1 - y0)) + 4} textAnchor="end">
              {percent(y0 + share * (y1 - y0))}
            </text>
          </g>
        ))}
        <text x={(LEFT + WIDTH) / 2} y={HEIGHT - 6} textAnchor="middle">
          {axis}
        </text>
        <text x={LEFT + 6} y={18}>
          AUROC (%)
        </text>
      </g>
      {points.map(({ key, title, x, y, mark }) => (
        <g key={key} transform={`translate(${across(x)} ${up(y)})`}>
          <title>{`${title}: ${x.toPrecision(4)}, ${percent(y)} %`}</title>
          {mark === "controlled" ? (
            <rect x={-5} y={-5} width={10} height={10} fill="none" stroke="currentColor" strokeWidth={1.5} />
          ) : (
            <circle r={5} fill={mark === "learned" ? "currentColor" : "none"} stroke="currentColor" strokeWidth={1.5} />
          )}
          <text x={8} y={4} fontSize={10} fill="currentColor">
            {title.length > 22 ? `${title.slice(0, 21)}…` : title}
          </text>
        </g>
      ))}
    </svg>
  );
}

function widened(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = high > low ? 0.12 * (high - low) : Math.abs(high) * 0.05 || 1;
  return [low - margin, high + margin];
}
