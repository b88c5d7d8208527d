import { memo, type ReactNode, useId, useMemo } from "react";
import { batchSplit } from "../../../study/recipe.ts";
import { ALPHA_STEP, alphaTicks, alphaValueText, batchText, realImagesOf } from "../../model/alpha.ts";
import { beginDragMeasure } from "../../model/dragTimes.ts";
import { useView } from "../../state/view.ts";
import { useStudyModel } from "../studyModel.tsx";
import css from "./AlphaSlider.module.css";

/** The α of the page: slider, number, ticks and what it means for one batch. */
export function AlphaSlider(): ReactNode {
  const { entry, benchmark } = useStudyModel();
  const { study } = entry;
  const alpha = useView((view) => view.alpha);
  const setAlpha = useView((view) => view.setAlpha);
  const number = useId();
  const { batch } = study.recipe;
  const trainCount = benchmark?.sets.find((set) => set.role === "train")?.count ?? null;
  const ticks = useMemo(() => alphaTicks(realImagesOf(study, trainCount), study.pools), [study, trainCount]);

  const change = (text: string): void => {
    beginDragMeasure();
    setAlpha(Number(text));
  };

  return (
    <div className={css.slider}>
      <div className={css.track}>
        <input
          className={css.range}
          type="range"
          min={0}
          max={1}
          step={ALPHA_STEP}
          value={alpha}
          aria-label="α, share of real images in a batch"
          aria-valuetext={alphaValueText(batch, alpha)}
          onChange={(event) => change(event.target.value)}
        />
        <Ticks ticks={ticks} onPick={setAlpha} />
      </div>
      <div className={css.reading}>
        <label htmlFor={number}>α</label>
        <input
          id={number}
          className={css.number}
          type="number"
          min={0}
          max={1}
          step={ALPHA_STEP}
          value={alpha}
          onChange={(event) => event.target.value !== "" && change(event.target.value)}
        />
        <BatchBar batch={batch} alpha={alpha} />
        <span className={css.batch}>{batchText(batch, alpha)}</span>
      </div>
    </div>
  );
}

/** One batch to scale: real in blue, synthetic in orange. */
function BatchBar({ batch, alpha }: { batch: number; alpha: number }): ReactNode {
  const { effective } = batchSplit(batch, alpha);
  return (
    <span className={css.bar} aria-hidden="true">
      <span className={css.barReal} style={{ width: `${effective * 100}%` }} />
    </span>
  );
}

interface TicksProps {
  readonly ticks: ReturnType<typeof alphaTicks>;
  readonly onPick: (alpha: number) => void;
}

const Ticks = memo(function Ticks({ ticks, onPick }: TicksProps): ReactNode {
  return (
    <div className={css.ticks}>
      {ticks.map((tick) => (
        <button
          key={`${tick.label}${tick.alpha}`}
          type="button"
          className={css.tick}
          data-edge={tick.alpha < 0.1 ? "left" : tick.alpha > 0.95 ? "right" : "none"}
          style={{ left: `${tick.alpha * 100}%` }}
          title={tick.detail}
          aria-label={`Set α to ${tick.alpha.toFixed(2)}, ${tick.label}: ${tick.detail}`}
          onClick={() => onPick(tick.alpha)}
        >
          <span>
            {tick.label} {tick.alpha === 1 ? "1" : tick.alpha.toFixed(tick.alpha < 0.1 ? 3 : 1)}
          </span>
        </button>
      ))}
    </div>
  );
});
