import { type ReactNode, useMemo, useState } from "react";
import type { ImportedEvaluation } from "../../study/rescore.ts";
import { percent } from "../model/format.ts";
import css from "../study/StudyPage.module.css";
import { DetectorTable } from "../study/scores/DetectorTable.tsx";
import { RocPanel } from "../study/scores/RocPanel.tsx";
import { ScoreHistograms } from "../study/scores/ScoreHistograms.tsx";
import { ThresholdPanel } from "../study/scores/ThresholdPanel.tsx";
import { Empty } from "../ui/Panel.tsx";
import { EvaluationSearch } from "./EvaluationSearch.tsx";
import { EvaluationScores, keyOf } from "./evaluationScores.tsx";

/** Every panel of one evaluation; nothing of it is shown while its gate is closed. */
export function EvaluationView({ evaluation }: { evaluation: ImportedEvaluation }): ReactNode {
  const [chosen, setChosen] = useState<string | null>(null);
  const { detectors, gate, name } = evaluation;
  const group = useMemo(() => ({ cells: [{ cell: { seed: 0 }, detectors }] }), [detectors]);
  const result =
    detectors.find((candidate) => keyOf(candidate) === chosen) ??
    detectors.find(({ undefinedBecause }) => undefinedBecause === null) ??
    detectors[0];
  if (!gate.open || result === undefined) return <Empty>No detector has what it needs in this evaluation.</Empty>;
  const detector = keyOf(result);
  const accuracy = gate.measured === null ? "" : `; ID accuracy ${percent(gate.measured)} %`;
  return (
    <EvaluationScores evaluation={evaluation} result={result}>
      <DetectorTable
        group={group}
        subject={`${name}, percent${accuracy}`}
        label="Detectors of the evaluation"
        boldness="Nothing is bold: one evaluation does not tell how detectors differ over seeds."
        exports={null}
        shown={detector}
        onShow={setChosen}
      />
      <div className={css.columns}>
        <div className={css.side}>
          <ThresholdPanel />
          <ScoreHistograms subject={name} name={`${name}-${detector}`} result={result} benchmark={null} />
        </div>
        <div className={css.side}>
          <RocPanel result={result} name={`${name}-${detector}`} />
          {evaluation.kind === "scores" ? null : (
            <EvaluationSearch evaluation={evaluation} detector={result.detector} />
          )}
        </div>
      </div>
    </EvaluationScores>
  );
}
