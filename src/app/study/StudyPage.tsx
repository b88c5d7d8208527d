import { Button } from "@mantine/core";
import { type ReactNode, useLayoutEffect, useState } from "react";
import { endDragMeasure } from "../model/dragTimes.ts";
import { SessionNotices } from "../plan/SessionNotices.tsx";
import { useSessionField } from "../state/session.tsx";
import { useView } from "../state/view.ts";
import { Empty, Loading } from "../ui/Panel.tsx";
import { CellPanels } from "./CellPanels.tsx";
import { CurvePanel } from "./curve/CurvePanel.tsx";
import { DetectorPanel } from "./detector/DetectorPanel.tsx";
import { SearchPanel } from "./detector/SearchPanel.tsx";
import { NewStudy } from "./NewStudy.tsx";
import { RunArea } from "./RunArea.tsx";
import { ShownCell } from "./ShownCell.tsx";
import { StudyBar } from "./StudyBar.tsx";
import css from "./StudyPage.module.css";
import { StudyProvider } from "./studyModel.tsx";
import { WhatIfPanel } from "./WhatIfPanel.tsx";

/** The product: α, the curve over it, and every panel of the cell under the slider. */
export function StudyPage(): ReactNode {
  const phase = useSessionField("phase");
  const studies = useSessionField("studies");
  const studyId = useView((view) => view.studyId);
  const [creating, setCreating] = useState(false);

  const entry = studies.find((study) => study.id === studyId) ?? studies[0];
  return (
    <div className={css.page}>
      <SessionNotices />
      <StudyBar studies={studies} entry={entry ?? null} onNew={() => setCreating(true)} />
      {entry === undefined ? (
        phase === "starting" ? (
          <Loading what="Opening studies…" />
        ) : (
          <Empty
            action={
              <Button size="xs" onClick={() => setCreating(true)}>
                New study
              </Button>
            }
          >
            There is no study yet. A study trains one network per α and seed; each becomes a point of the AUROC–α curve.
          </Empty>
        )
      ) : (
        <StudyProvider entry={entry}>
          <div className={css.top}>
            <CurvePanel />
            <div className={css.side}>
              <ShownCell />
              <RunArea />
            </div>
          </div>
          <div className={css.top}>
            <DetectorPanel />
            <SearchPanel />
          </div>
          <CellPanels />
          <WhatIfPanel />
          <DragProbe />
        </StudyProvider>
      )}
      <NewStudy opened={creating} onClose={() => setCreating(false)} />
    </div>
  );
}

/** Ends the measurement of a slider event in the commit that shows it. */
function DragProbe(): null {
  const alpha = useView((view) => view.alpha);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new α is the event that is measured.
  useLayoutEffect(endDragMeasure, [alpha]);
  return null;
}
