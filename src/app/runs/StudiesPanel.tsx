import type { ReactNode } from "react";
import { plural } from "../model/format.ts";
import page from "../plan/page.module.css";
import { StartStudy } from "../plan/StartStudy.tsx";
import type { StudyEntry } from "../session/session.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Panel } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";

/** The user's own studies: how far each is, and what starts the rest of its cells. */
export function StudiesPanel(): ReactNode {
  const own = useSessionField("studies").filter((entry) => entry.source === "own");
  if (own.length === 0) return null;
  return (
    <Panel title="Your studies">
      <div className={table.scroll}>
        <table className={table.table} aria-label="Your studies">
          <thead>
            <tr>
              <th scope="col">Study</th>
              <th scope="col" className={table.text}>
                Benchmark
              </th>
              <th scope="col">Finished</th>
              <th scope="col" className={table.text}>
                Actions
              </th>
            </tr>
          </thead>
          <tbody>
            {own.map((entry) => (
              <StudyRow key={entry.id} entry={entry} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function StudyRow({ entry }: { entry: StudyEntry }): ReactNode {
  const session = useSession();
  const summaries = useSessionField("summaries");
  const { study } = entry;
  const finished = study.cells.filter((cell) => summaries[cell.id] !== undefined).length;
  const forget = async (): Promise<void> => {
    const question = `Delete the study "${study.name}"? Its plan is removed; runs that are queued or finished stay in the list above.`;
    if (window.confirm(question)) await session.deleteStudy(entry.id);
  };
  return (
    <tr>
      <th scope="row">{study.name}</th>
      <td className={table.text}>{study.benchmark}</td>
      <td>
        {finished} of {plural(study.cells.length, "cell")}
      </td>
      <td className={table.text}>
        <span className={page.actions}>
          <StartStudy entry={entry} />
          <ActionButton variant="default" size="compact-xs" label={`Delete study ${study.name}`} action={forget}>
            Delete
          </ActionButton>
        </span>
      </td>
    </tr>
  );
}
