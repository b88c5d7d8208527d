import { type ReactNode, useEffect, useMemo, useState } from "react";
import type { Cell } from "../../study/cell.ts";
import { batchSplit } from "../../study/recipe.ts";
import { sameAlpha } from "../model/cellIndex.ts";
import { durationRange, plural } from "../model/format.ts";
import { cellsAt, existingCopy, ownCopy } from "../model/plan.ts";
import type { Estimate } from "../session/session.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { useView } from "../state/view.ts";
import { ActionButton } from "../ui/ActionButton.tsx";
import css from "./StudyPage.module.css";
import { useStudyModel } from "./studyModel.tsx";

/** "Run α = 0.65 × 3 seeds (~4 min)" for the seeds that have not finished at the slider's α. */
export function RunOffer(): ReactNode {
  const session = useSession();
  const studies = useSessionField("studies");
  const runs = useSessionField("runs");
  const { entry, curve } = useStudyModel();
  const alpha = useView((view) => view.alpha);
  const selectStudy = useView((view) => view.selectStudy);
  const { study } = entry;

  const { missing, under } = useMemo(() => {
    const needsGenerator = batchSplit(study.recipe.batch, alpha).synthetic > 0;
    if (curve === null || (curve.generator === null && needsGenerator)) return { missing: [], under: 0 };
    const finished = new Set(
      curve.groups.filter((group) => sameAlpha(group.alpha, alpha)).flatMap((g) => g.cells.map((s) => s.cell.id)),
    );
    const going = new Set(
      runs.filter((run) => run.status !== "failed" && run.status !== "stopped").map((run) => run.cell.id),
    );
    const open = cellsAt(study, curve, alpha).filter((cell) => !finished.has(cell.id));
    const rest = open.filter((cell) => !going.has(cell.id));
    return { missing: rest, under: open.length - rest.length };
  }, [study, curve, alpha, runs]);
  const estimate = useEstimate(missing);

  const run = async (): Promise<void> => {
    if (entry.source === "own") return session.enqueue(entry.id, missing);
    const copy = existingCopy(studies, study)?.id ?? (await session.addStudy(ownCopy(study, alpha)));
    await session.enqueue(copy, missing);
    selectStudy(copy);
  };

  if (missing.length === 0) {
    return under === 0 ? null : <p style={{ margin: 0 }}>{plural(under, "seed")} of this α queued or running.</p>;
  }
  const time =
    estimate === null
      ? "estimating…"
      : typeof estimate === "string"
        ? "time unknown"
        : `~${durationRange(estimate.seconds)}`;
  return (
    <div style={{ margin: "6px 0" }}>
      <ActionButton action={run}>
        Run α = {alpha.toFixed(2)} × {plural(missing.length, "seed")} ({time})
      </ActionButton>
      {typeof estimate === "string" ? <p className={css.aside}>No estimate: {estimate}</p> : null}
      {entry.source === "example" ? (
        <p className={css.aside}>The example is read-only: this makes your own study with the same settings.</p>
      ) : null}
    </div>
  );
}

/** Milliseconds the slider must rest before an estimate is asked for. */
const REST = 250;

/** The session's estimate for `cells`, or why there is none; null until it is known or when there are no cells. */
function useEstimate(cells: readonly Cell[]): Estimate | string | null {
  const session = useSession();
  const [answer, setAnswer] = useState<{ key: string; estimate: Estimate | string } | null>(null);
  const key = cells.map((cell) => cell.id).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the cells.
  useEffect(() => {
    if (key === "") return;
    let current = true;
    const timer = setTimeout(() => {
      session.estimate(cells).then(
        (estimate) => current && setAnswer({ key, estimate }),
        // Without an estimate the button still works.
        (error: unknown) =>
          current && setAnswer({ key, estimate: error instanceof Error ? error.message : String(error) }),
      );
    }, REST);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [session, key]);
  return answer?.key === key ? answer.estimate : null;
}
