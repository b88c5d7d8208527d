import { type ReactNode, useEffect, useMemo, useState } from "react";
import type { Cell } from "../../study/cell.ts";
import { bytes, durationRange, plural } from "../model/format.ts";
import type { Estimate, StudyEntry } from "../session/session.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import page from "./page.module.css";

/** "Run 12 cells (~9 min)": queues what of a study neither finished here nor waits. */
export function StartStudy({ entry }: { entry: StudyEntry }): ReactNode {
  const session = useSession();
  const summaries = useSessionField("summaries");
  const unkept = useSessionField("unkept");
  const runs = useSessionField("runs");
  const going = runs
    .filter(({ status }) => status !== "failed" && status !== "stopped" && status !== "done")
    .map(({ cell }) => cell.id)
    .join(" ");
  const open = useMemo(() => {
    const busy = new Set(going.split(" "));
    // A cell of the example has results but no features here: in a study of one's own it can be run.
    const ran = ({ id }: Cell) => summaries[id] !== undefined && !(entry.source === "own" && unkept.has(id));
    return entry.study.cells.filter((cell) => !ran(cell) && !busy.has(cell.id));
  }, [entry, summaries, unkept, going]);
  const estimate = useEstimate(open);

  if (open.length === 0) {
    return <span className={page.label}>{going === "" ? "Every cell has run." : "Nothing left to queue."}</span>;
  }
  const time = typeof estimate === "object" && estimate !== null ? ` (~${durationRange(estimate.seconds)})` : "";
  return (
    <>
      <ActionButton
        size="compact-xs"
        label={`Run ${plural(open.length, "cell")} of ${entry.study.name}${time}`}
        action={() => session.enqueue(entry.id, open)}
      >
        Run {plural(open.length, "cell")}
        {time}
      </ActionButton>
      <span className={page.label} role="status">
        {estimate === null
          ? "Timing a few steps…"
          : typeof estimate === "string"
            ? estimate
            : `Stores about ${bytes(estimate.bytes)}.`}
      </span>
    </>
  );
}

/** The session's estimate; null while the probe runs, a sentence when there can be none. */
function useEstimate(cells: readonly Cell[]): Estimate | string | null {
  const session = useSession();
  const [answer, setAnswer] = useState<{ key: string; value: Estimate | string } | null>(null);
  const key = cells.map((cell) => cell.id).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the cells.
  useEffect(() => {
    if (key === "") return;
    let current = true;
    session.estimate(cells).then(
      (value) => current && setAnswer({ key, value }),
      (error: unknown) =>
        current && setAnswer({ key, value: `No estimate: ${error instanceof Error ? error.message : String(error)}` }),
    );
    return () => {
      current = false;
    };
  }, [session, key]);
  return answer?.key === key ? answer.value : null;
}
