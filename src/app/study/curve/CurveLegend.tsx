import { type ReactNode, useId } from "react";
import { type CurveMetric, curveMetrics } from "../../model/curve.ts";
import { CurveMark } from "./CurveMark.tsx";
import css from "./curve.module.css";
import type { CurveStyle } from "./curveSeries.ts";
import { metricColours, metricTitles } from "./metricStyle.ts";

interface CurveLegendProps {
  readonly styles: readonly CurveStyle[];
  readonly shown: readonly CurveMetric[];
  readonly onToggle: (metric: CurveMetric) => void;
  readonly selected: string | null;
  readonly onSelect: (curveKey: string) => void;
}

/** What the colours and marks mean; metrics can be switched off, curves chosen for the panels below. */
export function CurveLegend({ styles, shown, onToggle, selected, onSelect }: CurveLegendProps): ReactNode {
  const group = useId();
  return (
    <div className={css.legend}>
      <fieldset className={css.keys}>
        <legend className={css.hidden}>Metrics shown</legend>
        {curveMetrics.map((metric) => (
          <label key={metric} className={css.key}>
            <input type="checkbox" checked={shown.includes(metric)} onChange={() => onToggle(metric)} />
            <span className={css.swatch} style={{ background: metricColours[metric] }} aria-hidden="true" />
            {metricTitles[metric]}
          </label>
        ))}
      </fieldset>
      <fieldset className={css.curves}>
        <legend className={css.hidden}>Generator that the panels follow</legend>
        {styles.map((style) => (
          <label key={style.curve.key} className={css.key}>
            <input
              type="radio"
              name={group}
              checked={selected === style.curve.key}
              onChange={() => onSelect(style.curve.key)}
            />
            <svg width="30" height="12" aria-hidden="true">
              <line x1="0" x2="30" y1="6" y2="6" stroke="var(--soft)" strokeWidth="1.5" strokeDasharray={style.dash} />
              <CurveMark mark={style.mark} x={15} y={6} colour="var(--soft)" hollow={false} />
            </svg>
            <span>
              {style.title}
              {style.provenance === "" ? null : <span className={css.soft}>: {style.provenance}</span>}
            </span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}
