import { TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { NewStudyForm } from "../plan/NewStudyForm.tsx";
import css from "../plan/page.module.css";
import { SessionNotices } from "../plan/SessionNotices.tsx";
import type { RunRecord, StudyEntry } from "../session/session.ts";
import { useSessionField } from "../state/session.tsx";
import { Empty, Loading, Panel } from "../ui/Panel.tsx";
import { matchesSearch } from "./cellText.ts";
import { RunsTable } from "./RunsTable.tsx";
import { StudiesPanel } from "./StudiesPanel.tsx";

/** Everything that runs, waits or went wrong, and what starts more of it. */
export function RunsPage(): ReactNode {
  return (
    <div className={css.page}>
      <h1>Runs</h1>
      <SessionNotices />
      <RunsPanel />
      <StudiesPanel />
      <Panel
        title="New study"
        summary="A study trains one network per generator, α and seed. The baseline α = 1 is always part of it."
      >
        <NewStudyForm />
      </Panel>
    </div>
  );
}

function RunsPanel(): ReactNode {
  const phase = useSessionField("phase");
  const runs = useSessionField("runs");
  const studies = useSessionField("studies");
  const generators = useSessionField("generators");
  const [search, setSearch] = useState("");
  const shown = runs.filter((run) =>
    matchesSearch(run.cell, run.status, studyName(run, studies), generators[run.cell.benchmark] ?? [], search),
  );
  if (runs.length === 0) {
    return (
      <Panel title="Runs">
        {phase === "starting" ? (
          <Loading what="Opening the queue…" />
        ) : (
          <Empty>
            Nothing is queued. Plan a study below and choose "Run", or choose an α on the page Study that has not run
            yet. Runs go on after a reload.
          </Empty>
        )}
      </Panel>
    );
  }
  return (
    <Panel
      title="Runs"
      summary="One at a time, in this order. Pause holds a run and all that wait behind it, Stop keeps its checkpoint for later, Discard removes it with everything it stored."
      actions={
        <TextInput
          size="xs"
          type="search"
          aria-label="Search runs"
          placeholder="α, generator, seed, status…"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      }
    >
      {shown.length === 0 ? (
        <Empty>No run matches "{search}".</Empty>
      ) : (
        <RunsTable runs={shown} nameOf={(run) => studyName(run, studies)} generators={generators} />
      )}
    </Panel>
  );
}

function studyName(run: RunRecord, studies: readonly StudyEntry[]): string {
  return studies.find((entry) => entry.id === run.studyId)?.study.name ?? "deleted study";
}
