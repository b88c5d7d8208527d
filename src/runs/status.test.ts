import { describe, expect, it } from "vitest";
import { isInterrupted, isSettled, nextStatus, runStatuses } from "./status.ts";

describe("nextStatus", () => {
  it("walks a run from the queue to done", () => {
    let status = nextStatus("queued", "pool-started");
    for (const event of ["training-started", "evaluation-started", "finished"] as const)
      status = nextStatus(status, event);
    expect(status).toBe("done");
  });

  it("refuses moves that are not in the table", () => {
    expect(() => nextStatus("done", "requeued")).toThrow("A run that is done cannot be requeued.");
    expect(() => nextStatus("queued", "finished")).toThrow();
  });

  it("every status is waiting, working or settled", () => {
    for (const status of runStatuses) {
      expect(
        [status === "queued" || status === "paused", isInterrupted(status), isSettled(status)].filter(Boolean),
      ).toHaveLength(1);
    }
  });
});
