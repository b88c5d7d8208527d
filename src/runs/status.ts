/** Where a run stands. `done` means evaluated or, for a run that followed the slider, trained to its last step. */
export type RunStatus = "queued" | "pooling" | "training" | "paused" | "evaluating" | "done" | "failed" | "stopped";

/** What may happen to a run. */
export type RunEventName =
  | "pool-started"
  | "training-started"
  | "paused"
  | "resumed"
  | "evaluation-started"
  | "finished"
  | "failed"
  | "stopped"
  | "requeued";

const table: Readonly<Record<RunStatus, Partial<Record<RunEventName, RunStatus>>>> = {
  queued: { "pool-started": "pooling", stopped: "stopped", failed: "failed" },
  pooling: {
    "training-started": "training",
    paused: "paused",
    failed: "failed",
    stopped: "stopped",
    requeued: "queued",
  },
  training: {
    paused: "paused",
    "evaluation-started": "evaluating",
    finished: "done",
    failed: "failed",
    stopped: "stopped",
    requeued: "queued",
  },
  paused: { resumed: "queued", stopped: "stopped", failed: "failed", requeued: "queued" },
  evaluating: { finished: "done", failed: "failed", stopped: "stopped", paused: "paused", requeued: "queued" },
  done: {},
  failed: { requeued: "queued" },
  stopped: { requeued: "queued" },
};

/** The status after `event`. Throws where the table has no such move: a bug, never a user's mistake. */
export function nextStatus(status: RunStatus, event: RunEventName): RunStatus {
  const next = table[status][event];
  if (next === undefined) throw new Error(`A run that is ${status} cannot be ${event}.`);
  return next;
}

export const runStatuses = Object.keys(table) as readonly RunStatus[];

/** Nothing more happens to these unless the user asks. */
export function isSettled(status: RunStatus): boolean {
  return status === "done" || status === "failed" || status === "stopped";
}

/** Found in storage after a crash or reload: it was working then, so it goes on. */
export function isInterrupted(status: RunStatus): boolean {
  return status === "pooling" || status === "training" || status === "evaluating";
}
