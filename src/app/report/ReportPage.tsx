import { type ReactNode, useState } from "react";
import { plural } from "../model/format.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { useView } from "../state/view.ts";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Empty, Notice, Panel } from "../ui/Panel.tsx";

/** Results and study as files. */
export function ReportPage(): ReactNode {
  const session = useSession();
  const studies = useSessionField("studies");
  const summaries = useSessionField("summaries");
  const studyId = useView((view) => view.studyId);
  const selectStudy = useView((view) => view.selectStudy);
  const [imported, setImported] = useState<string | null>(null);
  const entry = studies.find((study) => study.id === studyId) ?? studies[0];

  const readFile = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    try {
      selectStudy(await session.importStudy(await file.text()));
      setImported(`${file.name} is now among your studies. Its cells have not run here.`);
    } catch (error) {
      setImported(`${file.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  return (
    <>
      <h1 className="visually-hidden">Report</h1>
      <Panel title="Export">
        {entry === undefined ? (
          <Empty>There is no study to export yet.</Empty>
        ) : (
          <>
            <p style={{ margin: "4px 0 10px", fontSize: 13 }}>
              <strong>{entry.study.name}</strong>:{" "}
              {plural(entry.study.cells.filter((cell) => summaries[cell.id]).length, "finished cell")} of{" "}
              {entry.study.cells.length}. results.csv has one row per cell, detector and OOD test set, and the near and
              far means, as fractions; an empty field is undefined. study.json reproduces the study here, in Node (
              <code>sio run</code>) and on a cluster.
            </p>
            <div style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
              <ActionButton action={async () => download("results.csv", "text/csv", session.csv(entry.id))}>
                Export results.csv
              </ActionButton>
              <ActionButton
                variant="default"
                action={async () => download("study.json", "application/json", session.studyFile(entry.id))}
              >
                Export study.json
              </ActionButton>
            </div>
          </>
        )}
      </Panel>
      <Panel title="Import" summary="A study file from this app or from the command line.">
        <label style={{ fontSize: 13 }}>
          Study file{" "}
          <input
            type="file"
            accept=".json,application/json"
            onChange={(event) => void readFile(event.target.files?.[0])}
          />
        </label>
        {imported === null ? null : <Notice kind="info">{imported}</Notice>}
      </Panel>
    </>
  );
}

function download(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
