import type { ReactNode } from "react";
import { plural } from "../model/format.ts";
import css from "../plan/page.module.css";
import { SessionNotices } from "../plan/SessionNotices.tsx";
import { StudySelect, useSelectedStudy } from "../plan/StudySelect.tsx";
import type { StudyEntry } from "../session/session.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Empty, Loading, Panel } from "../ui/Panel.tsx";
import { download } from "./download.ts";
import { ImportStudy } from "./ImportStudy.tsx";

/** Results and studies as files, out of the browser and back in. */
export function ReportPage(): ReactNode {
  const phase = useSessionField("phase");
  const entry = useSelectedStudy();
  return (
    <div className={css.page}>
      <h1>Report</h1>
      <SessionNotices />
      {entry === null ? (
        phase === "starting" ? (
          <Loading what="Opening studies…" />
        ) : (
          <Empty>There is no study to export. Plan one on the page Runs, or import a study file below.</Empty>
        )
      ) : (
        <>
          <div className={css.bar}>
            <StudySelect />
            {entry.source === "example" ? <span className={css.label}>Example results, read-only.</span> : null}
          </div>
          <div className={css.columns}>
            <ResultsPanel entry={entry} />
            <StudyFilePanel entry={entry} />
          </div>
        </>
      )}
      <ImportStudy />
    </div>
  );
}

function ResultsPanel({ entry }: { entry: StudyEntry }): ReactNode {
  const session = useSession();
  const summaries = useSessionField("summaries");
  const { study } = entry;
  const finished = study.cells.filter((cell) => summaries[cell.id] !== undefined).length;
  return (
    <Panel title="Results" summary={`${finished} of ${plural(study.cells.length, "cell")} finished.`}>
      <p className={css.note}>
        results.csv has one row per finished cell, detector and OOD test set, and the rows <code>near</code> and{" "}
        <code>far</code> with the unweighted means over their sets. All values are fractions at full precision, not
        percent. Each row says its seed, backend, training accuracy, whether the cell converged, and what its generator
        had seen. An undefined value is an empty field with the reason in the last column. Runs that followed the slider
        are never in it.
      </p>
      <ActionButton
        disabled={finished === 0}
        action={async () => download(`${fileName(study.name)}-results.csv`, "text/csv", session.csv(entry.id))}
      >
        Export results.csv
      </ActionButton>
      {finished === 0 ? (
        <p className={css.note}>No cell of this study has finished, so there is nothing to export.</p>
      ) : null}
    </Panel>
  );
}

function StudyFilePanel({ entry }: { entry: StudyEntry }): ReactNode {
  const session = useSession();
  const { study } = entry;
  return (
    <Panel title="Study file" summary={`Schema ${study.schema}, ${plural(study.cells.length, "cell")}.`}>
      <p className={css.note}>
        study.json has the plan, not the results: benchmark, network, recipe, generators, α grid, pool sizes, seeds,
        detectors and every cell with all its settings. The same file on the same backend gives the same CSV again, here
        or with <code>sio run</code> in a checkout of the workbench.
      </p>
      <ActionButton
        action={async () =>
          download(`${fileName(study.name)}-study.json`, "application/json", session.studyFile(entry.id))
        }
      >
        Export study.json
      </ActionButton>
    </Panel>
  );
}

/** The study's name as a file name that every system takes. */
function fileName(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return plain === "" ? "study" : plain.slice(0, 80);
}
