import type { ProgressEvent } from "../src/runs/events.ts";
import type { CellSummary } from "../src/study/summary.ts";

/** One line on a terminal that is written over; a line per finished cell elsewhere; nothing when quiet. */
export class Progress {
  private done = 0;
  private dirty = false;

  private readonly live: boolean;

  constructor(
    private readonly cells: number,
    private readonly quiet: boolean,
  ) {
    this.live = !quiet && process.stderr.isTTY === true;
  }

  event(cellId: string, event: ProgressEvent): void {
    if (!this.live || event.kind !== "progress") return;
    const eta = event.etaSeconds === null ? "" : `, ${duration(event.etaSeconds)} left`;
    process.stderr.write(
      `\r\u001b[K[${this.done + 1}/${this.cells}] ${cellId}: ${event.phase} ${event.done}/${event.total} ${event.unit}${eta}`,
    );
    this.dirty = true;
  }

  finished(summary: CellSummary): void {
    this.done++;
    if (this.quiet) return;
    if (this.dirty) process.stderr.write("\r\u001b[K");
    this.dirty = false;
    const msp = summary.detectors[0];
    const percent = (value: number | null | undefined): string => (value == null ? "–" : (value * 100).toFixed(1));
    process.stderr.write(
      `[${this.done}/${this.cells}] ${summary.cell.id}: ID accuracy ${percent(summary.idAccuracy)} %, ` +
        `${msp?.detector} near ${percent(msp?.near.auroc)} far ${percent(msp?.far.auroc)}, ` +
        `train ${percent(summary.trainAccuracy)} %, ${duration(summary.wallSeconds)}\n`,
    );
  }
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 90 ? `${whole} s` : `${Math.round(whole / 60)} min`;
}
