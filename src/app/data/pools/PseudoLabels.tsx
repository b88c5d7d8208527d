import type { ReactNode } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { PseudoLabelReport } from "../../../study/generatorRecord.ts";
import { Bars } from "../../ui/Bars.tsx";
import css from "./pools.module.css";

interface PseudoLabelsProps {
  readonly report: PseudoLabelReport;
  readonly benchmark: BenchmarkInfo;
}

/** What a classifier made of an unlabelled pool: images of each class, and how sure it was. */
export function PseudoLabels({ report, benchmark }: PseudoLabelsProps): ReactNode {
  const { labeller, histogram, confidence, count } = report;
  const half = confidence.slice(5).reduce((sum, images) => sum + images, 0);
  return (
    <div className={css.labels}>
      <p className={css.text}>
        Labels by {labeller.kind === "cell" ? "the baseline" : "the imported checkpoint"} {labeller.id}:{" "}
        {count === 0
          ? "no image yet"
          : `${Math.round((100 * half) / count)} % of the images with a confidence above 0.5`}
        .
      </p>
      <div className={css.charts}>
        <Bars
          label="Images of each class"
          head={["Class", "Images"]}
          bars={histogram.map((images, label) => ({ name: benchmark.classNames[label] ?? `class ${label}`, images }))}
        />
        <Bars
          label="Images by confidence of their label"
          head={["Confidence", "Images"]}
          bars={confidence.map((images, bin) => ({
            name: `${(bin / 10).toFixed(1)}–${((bin + 1) / 10).toFixed(1)}`,
            images,
          }))}
        />
      </div>
    </div>
  );
}
