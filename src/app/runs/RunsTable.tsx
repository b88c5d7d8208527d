import { Progress } from "@mantine/core";
import { memo, type ReactNode } from "react";
import type { GeneratorInfo } from "../../generators/generator.ts";
import { count, duration } from "../model/format.ts";
import { statusText } from "../model/words.ts";
import page from "../plan/page.module.css";
import type { RunRecord, Session } from "../session/session.ts";
import { useSession } from "../state/session.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import table from "../ui/table.module.css";
import { actionsOf, cellText, type RunAction } from "./cellText.ts";

interface RunsTableProps {
  readonly runs: readonly RunRecord[];
  readonly nameOf: (run: RunRecord) => string;
  /** By benchmark id. */
  readonly generators: Readonly<Record<string, readonly GeneratorInfo[]>>;
}

export function RunsTable({ runs, nameOf, generators }: RunsTableProps): ReactNode {
  return (
    <div className={table.scroll}>
      <table className={table.table} aria-label="Runs">
        <thead>
          <tr>
            <th scope="col">Cell</th>
            <th scope="col" className={table.text}>
              Study
            </th>
            <th scope="col" className={table.text}>
              Status
            </th>
            <th scope="col" className={table.text}>
              Progress
            </th>
            <th scope="col">Time left</th>
            <th scope="col" className={table.text}>
              Actions
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow
              key={run.cell.id}
              run={run}
              study={nameOf(run)}
              cell={`${run.live ? "live α from " : ""}${cellText(run.cell, generators[run.cell.benchmark] ?? [])}`}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Progress comes four times a second for one run; the other rows stay as they are. */
const RunRow = memo(
  function RunRow({ run, study, cell }: { run: RunRecord; study: string; cell: string }): ReactNode {
    return (
      <tr>
        <th scope="row" title={run.cell.id}>
          {cell}
        </th>
        <td className={table.text}>{study}</td>
        <td className={`${table.text} ${table.wrap}`}>
          {statusText(run.status)}
          {run.problem === null ? null : (
            <p className={page.problem}>
              {run.problem.message} ({run.problem.code})
            </p>
          )}
        </td>
        <td className={table.text}>
          <RunProgress run={run} cell={cell} />
        </td>
        <td>{run.etaSeconds === null ? "–" : duration(run.etaSeconds)}</td>
        <td className={table.text}>
          <span className={page.actions}>
            {actionsOf(run.status).map((action) => (
              <RunButton key={action} action={action} run={run} cell={cell} />
            ))}
          </span>
        </td>
      </tr>
    );
  },
  (before, after) =>
    before.study === after.study &&
    before.cell === after.cell &&
    before.run.status === after.run.status &&
    before.run.done === after.run.done &&
    before.run.total === after.run.total &&
    before.run.etaSeconds === after.run.etaSeconds &&
    before.run.problem === after.run.problem,
);

function RunProgress({ run, cell }: { run: RunRecord; cell: string }): ReactNode {
  if (run.status === "done" || run.total === 0) return "–";
  return (
    <>
      <Progress value={(run.done / run.total) * 100} size="sm" miw={120} aria-label={`Progress of ${cell}`} />
      {count(run.done)} of {count(run.total)} {run.phase ?? ""}
    </>
  );
}

const actionWords: Readonly<Record<RunAction, string>> = {
  pause: "Pause",
  resume: "Resume",
  stop: "Stop",
  discard: "Discard",
};

function RunButton({ action, run, cell }: { action: RunAction; run: RunRecord; cell: string }): ReactNode {
  const session = useSession();
  return (
    <ActionButton
      variant="default"
      size="compact-xs"
      label={`${actionWords[action]} ${cell}`}
      action={() => act(session, action, run, cell)}
    >
      {actionWords[action]}
    </ActionButton>
  );
}

async function act(session: Session, action: RunAction, run: RunRecord, cell: string): Promise<void> {
  const stored = run.status === "done" ? "its result" : "its checkpoint and progress";
  if (action === "discard" && !window.confirm(`Discard ${cell}? This removes ${stored} and cannot be undone.`)) return;
  await session[action](run.cell.id);
}
