import { type ReactNode, useState } from "react";
import { choiceKey, detectorPreset } from "../../../detection/params.ts";
import type { SearchResult } from "../../../study/rescore.ts";
import { overridesOf, paramsText, readChoice, studySizes } from "../../model/detectorChoice.ts";
import { plural } from "../../model/format.ts";
import { useSession, useSessionField } from "../../state/session.tsx";
import { useView } from "../../state/view.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Empty, Notice, Panel } from "../../ui/Panel.tsx";
import { useShownCell, useStudyModel } from "../studyModel.tsx";
import css from "./detector.module.css";
import { SearchChart } from "./SearchChart.tsx";

interface Found {
  readonly of: string;
  readonly result: SearchResult;
  readonly seconds: number;
}

/** The v1.5 hyper-parameter search of the shown detector on the shown cell: validation sets only. */
export function SearchPanel(): ReactNode {
  const session = useSession();
  const summary = useShownCell();
  const { detector: key, entry, benchmark } = useStudyModel();
  const unkept = useSessionField("unkept");
  const select = useView((view) => view.selectDetector);
  const [found, setFound] = useState<Found | null>(null);
  const detector = readChoice(key)?.detector;
  if (summary === null || detector === undefined) return null;
  const { cell } = summary;
  const of = `${cell.id} ${summary.finished} ${detector.name}`;
  const candidates = Object.values(detector.grid).reduce((product, values) => product * values.length, 1);
  const result = found?.of === of ? found.result : null;

  const search = async (): Promise<void> => {
    const started = performance.now();
    const answer = await session.search({ kind: "cell", cell }, detector.name);
    setFound({ of, result: answer, seconds: (performance.now() - started) / 1000 });
  };
  const sizes = studySizes(entry.study, benchmark);
  const winner = result?.best === null || result === null ? undefined : result.candidates[result.best];
  const use = async (): Promise<void> => {
    if (winner === undefined || sizes === null) return;
    const params = overridesOf(detector, detectorPreset(cell.preset), sizes, winner.params);
    select(choiceKey({ name: detector.name, params }));
  };

  return (
    <Panel
      title="v1.5 search on validation"
      summary={`OpenOOD v1.5 chooses hyper-parameters by the AUROC of ID-val against OOD-val; the first maximum wins. Only validation sets are looked at, never a test set. α = ${cell.alpha.toFixed(2)}, seed ${cell.seed}.`}
    >
      {Object.keys(detector.grid).length === 0 ? (
        <Empty>v1.5 searches nothing for {detector.title}.</Empty>
      ) : unkept.has(cell.id) ? (
        <Empty>The search scores anew, but the features of this cell are not in this browser. Run it here first.</Empty>
      ) : (
        <>
          <div className={css.row}>
            <ActionButton variant="default" action={search}>
              Search {plural(candidates, "candidate")} for {detector.title}
            </ActionButton>
            {result === null || winner === undefined ? null : (
              <ActionButton label={`Use the winner: ${paramsText(winner.params)}`} action={use}>
                Use the winner
              </ActionButton>
            )}
          </div>
          {result === null ? null : <SearchOutcome result={result} seconds={found?.seconds ?? 0} />}
        </>
      )}
    </Panel>
  );
}

/** The winner, the whole curve, and where the search was a look at the test. */
export function SearchOutcome({ result, seconds }: { result: SearchResult; seconds: number }): ReactNode {
  const winner = result.best === null ? undefined : result.candidates[result.best];
  return (
    <>
      {result.sharedDistributions.length === 0 ? null : (
        <Notice kind="warn" title="Chosen on data like the test set:">
          {result.sharedDistributions.join("; ")}. A search on it is a look at the test in disguise.
        </Notice>
      )}
      <p className={css.small} role="status">
        {winner === undefined
          ? `No candidate has a value: ${result.candidates[0]?.undefinedBecause ?? "the validation sets are missing"}.`
          : `${plural(result.candidates.length, "candidate")} on ${result.valSets.join(", ")} in ${seconds.toFixed(1)} s. Winner: ${paramsText(winner.params)}, AUROC ${((winner.auroc ?? 0) * 100).toFixed(2)} %.`}
      </p>
      <SearchChart result={result} />
    </>
  );
}
