import { type ReactNode, useState } from "react";
import type { CellSummary } from "../../study/summary.ts";
import { metricOf } from "../model/curve.ts";
import { percent } from "../model/format.ts";
import { detectorTitle } from "../model/words.ts";
import type { WhatIf } from "../session/session.ts";
import { useSession } from "../state/session.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Notice, Panel } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";
import { useShownCell, useStudyModel } from "./studyModel.tsx";

/** The refitted head's guess over α: off by default, never in the chart, always beside its record. */
export function WhatIfPanel(): ReactNode {
  const session = useSession();
  const summary = useShownCell();
  const { detector, index } = useStudyModel();
  const [guess, setGuess] = useState<WhatIf | null>(null);
  if (summary === null) return null;
  const ask = async (): Promise<void> => setGuess(await session.whatIf(summary.cell.id, detector));
  return (
    <Panel title="What if (a guess, not a result)">
      <details>
        <summary>Refit only the last layer of the shown cell at other α</summary>
        <p style={{ maxWidth: "100ch", fontSize: 13 }}>
          Freezes the features of the shown cell and refits its softmax head with α : 1 − α weights. Training would move
          the features too; in the pilot this guess was wrong about as often as right. Judge it by its record below.
        </p>
        <ActionButton variant="default" action={ask}>
          Guess with {detectorTitle(detector)}
        </ActionButton>
        {guess === null ? null : (
          <Guess guess={guess} from={index.finished.find((finished) => finished.cell.id === guess.fromCell)} />
        )}
      </details>
    </Panel>
  );
}

/** Names the cell that was frozen: the slider may have moved on since. */
function Guess({ guess, from }: { guess: WhatIf; from: CellSummary | undefined }): ReactNode {
  const { n, signAgreement, rmse } = guess.record;
  return (
    <>
      {from === undefined ? null : (
        <p style={{ fontSize: 13 }}>
          {detectorTitle(guess.detector)}, features frozen at α = {from.cell.alpha.toFixed(2)}, seed {from.cell.seed},
          measured there: near {percent(metricOf(from, guess.detector, "near"))} %, far{" "}
          {percent(metricOf(from, guess.detector, "far"))} %.
        </p>
      )}
      <Notice kind="warn" title="Record:">
        {n === 0
          ? "no finished cell to compare with yet, so nothing says how good this guess is."
          : `over ${n} finished comparisons the sign of the change was right in ${percent(signAgreement, 0)} %, RMSE ${percent(rmse)} points.`}
      </Notice>
      <table className={table.table} aria-label="What if: guessed AUROC over α">
        <thead>
          <tr>
            <th scope="col">α</th>
            <th scope="col">near (guess)</th>
            <th scope="col">far (guess)</th>
          </tr>
        </thead>
        <tbody>
          {guess.points.map((point) => (
            <tr key={point.alpha}>
              <th scope="row">{point.alpha.toFixed(1)}</th>
              <td>{percent(point.near)}</td>
              <td>{percent(point.far)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
