import { lazy, type ReactNode, Suspense } from "react";
import { count, duration, percent } from "../model/format.ts";
import { isWorking, statusText } from "../model/words.ts";
import type { LiveTrace, RunRecord } from "../session/session.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Loading, Notice, Panel } from "../ui/Panel.tsx";
import { FollowSlider, LiveAlpha } from "./LiveAlpha.tsx";
import css from "./scores/charts.module.css";

/** Fetched with the first run: the example needs no loss chart. */
const LossChart = lazy(async () => ({ default: (await import("./LossChart.tsx")).LossChart }));

/** The run that works now: how far, how long yet, and what can be done with it. */
export function RunArea(): ReactNode {
  const runs = useSessionField("runs");
  const trace = useSessionField("live");
  const shown =
    runs.find((run) => isWorking(run.status)) ?? runs.find((run) => run.status === "paused") ?? lastFailed(runs);
  const waiting = runs.filter((run) => run.status === "queued").length;
  return (
    <Panel title="Running" summary={shown === undefined ? "Nothing is running." : runText(shown, waiting)}>
      {shown === undefined ? null : <RunCard run={shown} trace={trace?.cellId === shown.cell.id ? trace : null} />}
      <LiveAlpha />
    </Panel>
  );
}

function lastFailed(runs: readonly RunRecord[]): RunRecord | undefined {
  const last = runs.at(-1);
  return last?.status === "failed" ? last : undefined;
}

function runText({ cell, live }: RunRecord, waiting: number): string {
  const what = live
    ? "Live run: a trajectory, not a point of the curve."
    : `α = ${cell.alpha.toFixed(2)}, seed ${cell.seed}, ${cell.generator ?? "real images only"}.`;
  return waiting === 0 ? what : `${what} ${count(waiting)} more waiting.`;
}

function RunCard({ run, trace }: { run: RunRecord; trace: LiveTrace | null }): ReactNode {
  const session = useSession();
  const { id } = run.cell;
  const share = run.total > 0 ? run.done / run.total : 0;
  const eta = run.etaSeconds === null ? "" : `, about ${duration(run.etaSeconds)} left`;
  const unit = run.phase === "train" ? "steps" : "images";
  return (
    <div>
      <p style={{ margin: "0 0 6px" }} role="status">
        {statusText(run.status)}
        {run.total > 0 ? `: ${count(run.done)} of ${count(run.total)} ${unit}${eta}` : ""}
      </p>
      <div
        className={css.progress}
        role="progressbar"
        aria-label="Training progress"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <div style={{ width: `${share * 100}%` }} />
      </div>
      {run.problem === null ? null : <Notice kind="bad">{run.problem.message}</Notice>}
      <div className={css.buttons}>
        {isWorking(run.status) && !run.live ? (
          <ActionButton action={() => session.pause(id)}>Pause</ActionButton>
        ) : null}
        {run.status === "paused" || run.status === "failed" ? (
          <ActionButton action={() => session.resume(id)}>Resume</ActionButton>
        ) : null}
        {isWorking(run.status) ? (
          <ActionButton variant="default" action={() => session.stop(id)}>
            Stop and keep
          </ActionButton>
        ) : null}
        <ActionButton variant="default" action={() => session.discard(id)}>
          Discard
        </ActionButton>
      </div>
      {trace === null || trace.steps.length < 2 ? null : (
        <Suspense fallback={<Loading what="Fetching the chart…" />}>
          <LossChart trace={trace} />
        </Suspense>
      )}
      {trace === null ? null : <LatestStep trace={trace} />}
      {run.live && run.status === "training" ? <FollowSlider /> : null}
    </div>
  );
}

function LatestStep({ trace }: { trace: LiveTrace }): ReactNode {
  const last = trace.steps.at(-1);
  const changes = trace.alphaChanges.slice(-3).map((change) => `α → ${change.alpha.toFixed(2)} at step ${change.step}`);
  if (last === undefined) return null;
  return (
    <p style={{ margin: 0, color: "var(--soft)", fontSize: 12.5 }}>
      Step {count(last.step)}: loss {last.loss.toFixed(3)}, batch accuracy {percent(last.accuracy)} %, {last.realImages}{" "}
      real images. {changes.join("; ")}
    </p>
  );
}
