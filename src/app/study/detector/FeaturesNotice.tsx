import type { ReactNode } from "react";
import { duration, plural } from "../../model/format.ts";
import { existingCopy, ownCopy } from "../../model/plan.ts";
import { useSession, useSessionField } from "../../state/session.tsx";
import { useView } from "../../state/view.ts";
import { ActionButton } from "../../ui/ActionButton.tsx";
import { Notice } from "../../ui/Panel.tsx";
import { useStudyModel } from "../studyModel.tsx";
import css from "./detector.module.css";

/** Says which cells cannot be scored again because their features are not in this browser, and what to do about it. */
export function FeaturesNotice(): ReactNode {
  const { entry, index } = useStudyModel();
  const unkept = useSessionField("unkept");
  const without = index.finished.filter((summary) => unkept.has(summary.cell.id));
  if (without.length === 0) return null;
  return entry.source === "example" ? (
    <ExampleNotice seconds={without.reduce((sum, summary) => sum + summary.wallSeconds, 0)} />
  ) : (
    <OwnNotice cells={without.map((summary) => summary.cell)} />
  );
}

function ExampleNotice({ seconds }: { seconds: number }): ReactNode {
  const session = useSession();
  const studies = useSessionField("studies");
  const selectStudy = useView((view) => view.selectStudy);
  const { study } = useStudyModel().entry;
  const copy = async (): Promise<void> =>
    selectStudy(existingCopy(studies, study)?.id ?? (await session.addStudy(ownCopy(study, 1))));
  return (
    <Notice kind="info">
      These are example results without features, so they cannot be scored anew: what they were scored with is in the
      table below. Copy the study and run it here ({plural(study.cells.length, "cell")}, {duration(seconds)} on the
      machine that made them) to switch detectors and hyper-parameters at will.
      <div className={css.row}>
        <ActionButton variant="default" action={copy}>
          Copy as my study
        </ActionButton>
      </div>
    </Notice>
  );
}

function OwnNotice({ cells }: { cells: ReturnType<typeof useStudyModel>["entry"]["study"]["cells"] }): ReactNode {
  const session = useSession();
  const runs = useSessionField("runs");
  const { entry } = useStudyModel();
  const known = new Set(runs.map((run) => run.cell.id));
  const open = cells.filter((cell) => !known.has(cell.id));
  return (
    <Notice kind="info">
      {plural(cells.length, "finished cell")} of this study came without features (from the example, or deleted here):
      their points show only what they were scored with. Run them here to score them anew.
      {open.length === 0 ? (
        <> They are listed on the page Runs: what is done there can be discarded and run again.</>
      ) : (
        <div className={css.row}>
          <ActionButton variant="default" action={() => session.enqueue(entry.id, open)}>
            Run {plural(open.length, "cell")} here
          </ActionButton>
        </div>
      )}
    </Notice>
  );
}
