/**
 * Time left, from the rate of the last stretch of work. Speeds drift (tabs, other jobs), so old steps count less:
 * a ring of the latest marks, at most `window` of them.
 */
export class Eta {
  private readonly marks: { done: number; at: number }[] = [];

  constructor(
    private readonly total: number,
    private readonly window = 40,
  ) {}

  /** @returns seconds left, or null before two marks are half a second apart */
  mark(done: number, now = performance.now()): number | null {
    this.marks.push({ done, at: now });
    if (this.marks.length > this.window) this.marks.shift();
    const first = this.marks[0] as { done: number; at: number };
    const elapsed = now - first.at;
    const progressed = done - first.done;
    if (elapsed < 500 || progressed <= 0) return null;
    return ((this.total - done) * elapsed) / progressed / 1000;
  }
}

/** Lets something through at most once per interval; the first call passes. */
export class Throttle {
  private last = Number.NEGATIVE_INFINITY;

  constructor(private readonly milliseconds: number) {}

  ready(now = performance.now()): boolean {
    if (now - this.last < this.milliseconds) return false;
    this.last = now;
    return true;
  }
}
