import type { ReactNode } from "react";
import { detectorOf } from "../model/curve.ts";
import { DetectorTable } from "./DetectorTable.tsx";
import { HistoryPanel } from "./HistoryPanel.tsx";
import { MistakesPanel } from "./MistakesPanel.tsx";
import { RocPanel } from "./RocPanel.tsx";
import { SamplesPanel } from "./SamplesPanel.tsx";
import { ScoreHistograms } from "./ScoreHistograms.tsx";
import css from "./StudyPage.module.css";
import { useShownCell, useShownGroup, useStudyModel } from "./studyModel.tsx";

/** Everything about the cell under the slider. Each panel is memoised on the cell, so a drag within it costs nothing. */
export function CellPanels(): ReactNode {
  const { detector, benchmark } = useStudyModel();
  const group = useShownGroup();
  const summary = useShownCell();
  if (summary === null || group === null) return null;
  const result = detectorOf(summary, detector);
  return (
    <div className={css.panels}>
      <ScoreHistograms className={css.twoThirds} summary={summary} result={result} benchmark={benchmark} />
      <RocPanel className={css.third} result={result} />
      <DetectorTable className={css.twoThirds} group={group} summary={summary} />
      <HistoryPanel className={css.third} summary={summary} detector={detector} />
      <MistakesPanel className={css.half} summary={summary} result={result} benchmark={benchmark} />
      <SamplesPanel className={css.half} cell={summary.cell} benchmark={benchmark} />
    </div>
  );
}
