import type { ReactNode } from "react";
import type { Histogram } from "../../../study/result.ts";
import { readAt } from "../../model/threshold.ts";
import { useShownScores, useShownThreshold } from "./shownScores.tsx";
import css from "./threshold.module.css";

interface ThresholdLineProps {
  readonly histogram: Histogram;
  readonly width: number;
  readonly height: number;
}

/** The threshold in a histogram: only this line re-renders with the slider. */
export function ThresholdLine({ histogram, width, height }: ThresholdLineProps): ReactNode {
  const threshold = useShownThreshold();
  if (threshold === null) return null;
  const share = (threshold - histogram.lo) / (histogram.hi - histogram.lo);
  const x = Math.min(1, Math.max(0, share)) * width;
  return <line x1={x} x2={x} y1={0} y2={height} className={css.line} />;
}

/** Where each ROC curve stands at the threshold. */
export function ThresholdDots({ side }: { side: number }): ReactNode {
  const { scores } = useShownScores();
  const threshold = useShownThreshold();
  if (scores === null || threshold === null) return null;
  const { tpr, sets } = readAt(scores, threshold);
  return (
    <g>
      {sets.map(({ name, fpr }) => (
        <circle key={name} cx={fpr * side} cy={(1 - tpr) * side} r={3.5} className={css.dot}>
          <title>{name}</title>
        </circle>
      ))}
    </g>
  );
}
