import { type ReactNode, useState } from "react";
import page from "../plan/page.module.css";
import { SessionNotices } from "../plan/SessionNotices.tsx";
import { useSessionField } from "../state/session.tsx";
import { Empty, Loading } from "../ui/Panel.tsx";
import { EvaluationView } from "./EvaluationView.tsx";
import { ImportPanel } from "./ImportPanel.tsx";
import { KeptPanel } from "./KeptPanel.tsx";

/** What was computed elsewhere, judged as the cells of a study are. */
export function EvaluatePage(): ReactNode {
  const phase = useSessionField("phase");
  const imports = useSessionField("imports");
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = imports.find(({ id }) => id === chosen) ?? imports[0];
  return (
    <div className={page.page}>
      <h1>Evaluate</h1>
      <SessionNotices />
      {phase === "starting" ? <Loading what="Opening what was imported…" /> : <ImportPanel onImported={setChosen} />}
      {shown === undefined ? (
        phase === "ready" ? (
          <Empty>
            Nothing has been imported. A set of files becomes one evaluation: its table, ROC curves, histograms and
            threshold appear here and stay in this browser.
          </Empty>
        ) : null
      ) : (
        <>
          <KeptPanel imports={imports} shown={shown} onShow={setChosen} />
          <EvaluationView key={shown.id} evaluation={shown} />
        </>
      )}
    </div>
  );
}
