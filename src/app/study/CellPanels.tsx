import type { ReactNode } from "react";
import { detectorOf } from "../model/curve.ts";
import { HistoryPanel } from "./HistoryPanel.tsx";
import { SamplesPanel } from "./SamplesPanel.tsx";
import css from "./StudyPage.module.css";
import { MethodTable } from "./scores/MethodTable.tsx";
import { MistakesPanel } from "./scores/MistakesPanel.tsx";
import { NearThresholdPanel } from "./scores/NearThresholdPanel.tsx";
import { RocPanel } from "./scores/RocPanel.tsx";
import { ScoreHistograms } from "./scores/ScoreHistograms.tsx";
import { ShownScoresProvider } from "./scores/shownScores.tsx";
import { ThresholdPanel } from "./scores/ThresholdPanel.tsx";
import { useShownCell, useShownGroup, useStudyModel } from "./studyModel.tsx";

/** Everything about the cell under the slider. Each panel is memoised on the cell, so a drag within it costs nothing. */
export function CellPanels(): ReactNode {
  const { detector, benchmark } = useStudyModel();
  const group = useShownGroup();
  const summary = useShownCell();
  if (summary === null || group === null) return null;
  const { cell } = summary;
  const result = detectorOf(summary, detector);
  return (
    <ShownScoresProvider summary={summary} detector={detector} result={result} benchmark={benchmark}>
      <div className={css.columns}>
        <div className={css.side}>
          <ThresholdPanel />
          <ScoreHistograms
            subject={`α = ${cell.alpha.toFixed(2)}, seed ${cell.seed}`}
            name={`${cell.id}-${detector}`}
            result={result}
            benchmark={benchmark}
          />
          <MethodTable group={group} summary={summary} shown={detector} />
          <NearThresholdPanel benchmark={benchmark} />
          <SamplesPanel cell={cell} benchmark={benchmark} />
        </div>
        <div className={css.side}>
          <RocPanel result={result} name={`${cell.id}-${detector}`} />
          <HistoryPanel summary={summary} detector={detector} />
          <MistakesPanel result={result} benchmark={benchmark} />
        </div>
      </div>
    </ShownScoresProvider>
  );
}
