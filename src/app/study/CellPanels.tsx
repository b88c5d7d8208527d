import { memo, type ReactNode, useDeferredValue } from "react";
import type { BenchmarkInfo } from "../../data/benchmark.ts";
import type { CellSummary } from "../../study/summary.ts";
import { detectorOf } from "../model/curve.ts";
import { useView } from "../state/view.ts";
import { DetectorTable } from "./DetectorTable.tsx";
import { HistogramPanel } from "./HistogramPanel.tsx";
import { HistoryPanel } from "./HistoryPanel.tsx";
import { MistakesPanel } from "./MistakesPanel.tsx";
import { RocPanel } from "./RocPanel.tsx";
import { SamplesPanel } from "./SamplesPanel.tsx";
import css from "./StudyPage.module.css";
import { useShownCell, useStudyModel } from "./studyModel.tsx";

/** Every panel of the cell under the slider. Renders only when that cell changes, not with every move. */
export function CellPanels(): ReactNode {
  const summary = useShownCell();
  const { benchmark, detector, index } = useStudyModel();
  const oodSet = useView((view) => view.oodSet);
  // Images arrive when there is time; numbers never wait.
  const forImages = useDeferredValue(summary);
  if (summary === null) return null;
  const sets = detectorOf(summary, detector)?.sets.filter((set) => set.test) ?? [];
  const chosen = sets.some((set) => set.set === oodSet) ? oodSet : (sets[0]?.set ?? null);
  return (
    <div className={css.panels}>
      <Scores summary={summary} detector={detector} benchmark={benchmark} chosen={chosen} />
      <div className={css.wide}>
        <DetectorTable summary={summary} finished={index.finished} selected={detector} />
      </div>
      {forImages === null ? null : (
        <>
          <div className={css.half}>
            <MistakesPanel summary={forImages} detector={detector} benchmark={benchmark} chosen={chosen} />
          </div>
          <div className={css.half}>
            <SamplesPanel
              benchmark={forImages.cell.benchmark}
              generator={forImages.cell.generator}
              poolSeed={forImages.cell.poolSeed}
              provenance={forImages.provenance}
              classNames={benchmark?.classNames ?? null}
            />
          </div>
        </>
      )}
    </div>
  );
}

interface ScoresProps {
  readonly summary: CellSummary;
  readonly detector: string;
  readonly benchmark: BenchmarkInfo | null;
  readonly chosen: string | null;
}

const Scores = memo(function Scores({ summary, detector, benchmark, chosen }: ScoresProps): ReactNode {
  return (
    <>
      <div className={css.third}>
        <HistogramPanel summary={summary} detector={detector} benchmark={benchmark} chosen={chosen} />
      </div>
      <div className={css.third}>
        <RocPanel summary={summary} detector={detector} benchmark={benchmark} chosen={chosen} />
      </div>
      <div className={css.third}>
        <HistoryPanel summary={summary} detector={detector} />
      </div>
    </>
  );
});
