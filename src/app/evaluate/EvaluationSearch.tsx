import { type ReactNode, useState } from "react";
import type { ImportedEvaluation, SearchResult } from "../../study/rescore.ts";
import { readChoice } from "../model/detectorChoice.ts";
import { plural } from "../model/format.ts";
import { useSession } from "../state/session.tsx";
import { SearchOutcome } from "../study/detector/SearchPanel.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Empty, Panel } from "../ui/Panel.tsx";

interface EvaluationSearchProps {
  readonly evaluation: ImportedEvaluation;
  /** Name of the shown detector. */
  readonly detector: string;
}

/** The v1.5 hyper-parameter search on the validation sets of an evaluation. */
export function EvaluationSearch({ evaluation, detector: name }: EvaluationSearchProps): ReactNode {
  const session = useSession();
  const [found, setFound] = useState<{ readonly result: SearchResult; readonly seconds: number } | null>(null);
  const detector = readChoice(name)?.detector;
  if (detector === undefined) return null;
  const { id, sets } = evaluation;
  const has = (ood: boolean): boolean => sets.some(({ group, role }) => role === "val" && (group !== "id") === ood);
  const candidates = Object.values(detector.grid).reduce((product, values) => product * values.length, 1);
  const search = async (): Promise<void> => {
    const started = performance.now();
    const result = await session.search({ kind: "import", id }, name);
    setFound({ result, seconds: (performance.now() - started) / 1000 });
  };
  return (
    <Panel
      title="v1.5 search on validation"
      summary="OpenOOD v1.5 chooses hyper-parameters by the AUROC of ID-val against OOD-val; the first maximum wins. No test set is looked at."
    >
      {Object.keys(detector.grid).length === 0 ? (
        <Empty>v1.5 searches nothing for {detector.title}.</Empty>
      ) : !has(false) || !has(true) ? (
        <Empty>The search needs an ID-val and an OOD-val set; this evaluation has not both.</Empty>
      ) : (
        <ActionButton variant="default" action={search}>
          Search {plural(candidates, "candidate")} for {detector.title}
        </ActionButton>
      )}
      {found === null || found.result.detector !== name ? null : <SearchOutcome {...found} />}
    </Panel>
  );
}
