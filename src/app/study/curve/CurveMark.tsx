import type { ReactNode } from "react";
import type { Mark } from "./curveSeries.ts";

interface CurveMarkProps {
  readonly mark: Mark;
  readonly x: number;
  readonly y: number;
  readonly colour: string;
  /** Hollow = not converged. */
  readonly hollow: boolean;
}

const outlines: Readonly<Record<Exclude<Mark, "circle">, string>> = {
  square: "M-4 -4H4V4H-4Z",
  diamond: "M0 -5.5L5.5 0L0 5.5L-5.5 0Z",
  triangle: "M0 -5.5L5 4H-5Z",
};

/** A measured point. */
export function CurveMark({ mark, x, y, colour, hollow }: CurveMarkProps): ReactNode {
  const style = { fill: hollow ? "var(--card)" : colour, stroke: colour, strokeWidth: 1.6 };
  return mark === "circle" ? (
    <circle cx={x} cy={y} r={4.2} {...style} />
  ) : (
    <path transform={`translate(${x} ${y})`} d={outlines[mark]} {...style} />
  );
}
