import type { ProgressEvent, StepPoint } from "../../runs/events.ts";
import type { LiveTrace } from "./session.ts";

/** Points that a chart draws; twice as many are kept before the older half is thinned. */
const DRAWN = 400;

/**
 * The steps of the run that is going on, thinned for drawing: of each run of neighbours the smallest and the largest
 * loss stay, so that no spike is lost.
 */
export class TraceBuffer {
  private steps: StepPoint[] = [];
  private trace: LiveTrace | null = null;

  /** @returns the trace after the event, or null where the event does not concern it */
  take(cellId: string, event: ProgressEvent): LiveTrace | null {
    if (event.kind !== "steps" && event.kind !== "history") return null;
    if (this.trace?.cellId !== cellId) {
      this.steps = [];
      this.trace = { cellId, steps: [], alphaChanges: [], history: [] };
    }
    if (event.kind === "history") {
      this.trace = { ...this.trace, history: [...this.trace.history, event.point] };
      return this.trace;
    }
    const changes = [...this.trace.alphaChanges];
    let alpha = this.steps.at(-1)?.alpha;
    for (const point of event.points) {
      if (alpha !== undefined && point.alpha !== alpha) changes.push({ step: point.step, alpha: point.alpha });
      alpha = point.alpha;
    }
    this.steps = thin([...this.steps, ...event.points]);
    this.trace = { ...this.trace, steps: this.steps, alphaChanges: changes };
    return this.trace;
  }
}

/** At most 2 × DRAWN points; the last is always kept. */
export function thin(points: StepPoint[]): StepPoint[] {
  if (points.length <= 2 * DRAWN) return points;
  const kept: StepPoint[] = [];
  for (let i = 0; i < points.length - 1; i += 4) {
    const group = points.slice(i, Math.min(i + 4, points.length - 1));
    const low = group.reduce((a, b) => (b.loss < a.loss ? b : a));
    const high = group.reduce((a, b) => (b.loss > a.loss ? b : a));
    kept.push(...(low === high ? [low] : low.step < high.step ? [low, high] : [high, low]));
  }
  kept.push(points[points.length - 1] as StepPoint);
  return kept;
}
