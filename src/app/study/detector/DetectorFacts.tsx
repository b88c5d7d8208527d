import type { ReactNode } from "react";
import type { Detector } from "../../../detection/detector.ts";
import type { PresetName } from "../../../study/recipe.ts";
import css from "./detector.module.css";

const fitTexts: Readonly<Record<Detector["fitsOn"], string>> = {
  nothing: "It is not fitted on anything.",
  val: "It is fitted on the ID validation set.",
  train: "It is fitted on the real train set, unaugmented.",
};

/** What a detector computes, from what, and where the numbers differ from those that the paper's fork ran. */
export function DetectorFacts({ detector, preset }: { detector: Detector; preset: PresetName }): ReactNode {
  const { deviations, quickRule } = detector;
  const scaled = preset === "quick" || preset === "look";
  return (
    <div className={css.facts}>
      <p>
        {detector.formula} <span className={css.soft}>({detector.source})</span> {fitTexts[detector.fitsOn]}
        {detector.perturb === undefined ? "" : " It looks at every image through the network, with its gradient."}
      </p>
      {scaled && quickRule !== null ? <p>Rule of the preset: {quickRule}</p> : null}
      {deviations.length === 0 ? null : (
        <details>
          <summary>Where preset paper differs from what the authors' fork ran ({deviations.length})</summary>
          <ul>
            {deviations.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
