import { Switch } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import { cellsAt } from "../model/plan.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { useView } from "../state/view.ts";
import { ActionButton } from "../ui/ActionButton.tsx";
import { useStudyModel } from "./studyModel.tsx";

/** α below 1 − 1/B, so that the run has a pool from the start. */
const STARTABLE = 0.95;

/** Starts a run whose α follows the slider, where the study has a generator. */
export function LiveAlpha(): ReactNode {
  const session = useSession();
  const { entry, curve } = useStudyModel();
  const busy = useSessionField("runs").some(
    (run) => run.live && run.status !== "done" && run.status !== "stopped" && run.status !== "failed",
  );
  if (curve === null || curve.generator === null || busy) return null;
  const start = async (): Promise<void> => {
    const alpha = Math.min(useView.getState().alpha, STARTABLE);
    const [cell] = cellsAt(entry.study, curve, alpha);
    if (cell) await session.startLive(entry.id, cell);
  };
  return (
    <details style={{ fontSize: 12.5 }}>
      <summary>Live α</summary>
      <p style={{ margin: "6px 0", color: "var(--soft)" }}>
        Trains one run whose α follows the slider while you drag. Its chart marks each change. It is a trajectory: it
        never becomes a point of the curve or a row of a table, and it is not kept.
      </p>
      <ActionButton variant="default" action={start}>
        Start a live run
      </ActionButton>
    </details>
  );
}

/** Tells the training trajectory where the slider is, for as long as the user wants it to follow. */
export function FollowSlider(): ReactNode {
  const session = useSession();
  const alpha = useView((view) => view.alpha);
  const [following, setFollowing] = useState(true);
  useEffect(() => {
    if (following) session.followAlpha(alpha);
  }, [session, alpha, following]);
  return (
    <Switch
      size="xs"
      label="Live α: follow the slider"
      description="A trajectory, not a point of the curve."
      checked={following}
      onChange={(event) => setFollowing(event.currentTarget.checked)}
    />
  );
}
