import { memo, type ReactNode, useEffect, useMemo, useState } from "react";
import type { BenchmarkInfo } from "../../../data/benchmark.ts";
import type { ImageScores } from "../../../study/rescore.ts";
import type { Mistake } from "../../../study/result.ts";
import { nearestTo } from "../../model/threshold.ts";
import { Empty, Loading, Panel } from "../../ui/Panel.tsx";
import { ScoredStrip } from "./ScoredStrip.tsx";
import { useShownScores, useShownThreshold } from "./shownScores.tsx";
import { confidenceText } from "./ThresholdPanel.tsx";

const PER_SET = 10;
/** Milliseconds that the slider must rest: images are drawn for where it stops, not along its way. */
const REST = 200;

/** The images of the ID test set and of each OOD set whose confidence is nearest to the threshold. */
export const NearThresholdPanel = memo(function NearThresholdPanel({
  benchmark,
}: {
  benchmark: BenchmarkInfo | null;
}): ReactNode {
  const { images, scores, because, idSet, fetch } = useShownScores();
  const threshold = useRested(useShownThreshold());
  const summary =
    threshold === null
      ? undefined
      : `On the edge at ${confidenceText(threshold)}: nearest first; under each its confidence, what the classifier called it, and in brackets its true class.`;
  return (
    <Panel title="Images nearest to the threshold" summary={images === null ? undefined : summary}>
      {images !== null && scores !== null && threshold !== null && benchmark !== null ? (
        [idSet, ...scores.ood.map((set) => set.name)].map((set) => (
          <NearestOf
            key={set}
            set={set}
            isId={set === idSet}
            images={images}
            threshold={Math.min(threshold, scores.candidates.at(-2) ?? threshold)}
            benchmark={benchmark}
          />
        ))
      ) : because === null && scores !== null && fetch === null ? (
        <Loading what="Fetching the scores of the images…" />
      ) : (
        <Empty>{emptyText(because, fetch !== null)}</Empty>
      )}
    </Panel>
  );
});

function emptyText(because: string | null, costly: boolean): string {
  if (costly) return "Which images are nearest takes the score of each: ask for them in the panel Threshold.";
  if (because === null) return "Nothing to show yet.";
  return `Which images are nearest takes the score of each. ${because} The worst mistakes are kept with the results.`;
}

interface NearestOfProps {
  readonly set: string;
  readonly isId: boolean;
  readonly images: ImageScores;
  readonly threshold: number;
  readonly benchmark: BenchmarkInfo;
}

function NearestOf({ set, isId, images, threshold, benchmark }: NearestOfProps): ReactNode {
  const scored = images.sets[set];
  const items = useMemo(
    (): readonly Mistake[] =>
      scored === undefined
        ? []
        : nearestTo(scored.scores, threshold, PER_SET).map((index) => ({
            index,
            score: scored.scores[index] as number,
            predicted: scored.predicted[index] as number,
          })),
    [scored, threshold],
  );
  if (items.length === 0) return null;
  const title = isId ? "ID test" : set;
  return <ScoredStrip title={title} benchmark={benchmark} set={set} source={isId ? "real" : "ood"} items={items} />;
}

function useRested(value: number | null): number | null {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}
