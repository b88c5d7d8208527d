const PRINT_EVERY = 50;
const SAVE_MINUTES = 2;

/** Prints mean losses and what is left, and says when to save. */
export class Progress {
  private readonly begun = performance.now();
  private saved = performance.now();
  private sums = new Map<string, number>();
  private count = 0;

  constructor(
    private readonly steps: number,
    private readonly first: number,
  ) {}

  note(step: number, losses: Readonly<Record<string, number>>): void {
    for (const [name, loss] of Object.entries(losses)) this.sums.set(name, (this.sums.get(name) ?? 0) + loss);
    this.count++;
    if (step % PRINT_EVERY !== 0 && step !== this.steps) return;
    const means = [...this.sums].map(([name, sum]) => `${name} ${(sum / this.count).toFixed(4)}`).join(", ");
    const perStep = (performance.now() - this.begun) / (step - this.first);
    const left = ((this.steps - step) * perStep) / 60_000;
    console.log(
      `step ${step} of ${this.steps}: ${means}; ${perStep.toFixed(0)} ms a step, ${left.toFixed(1)} min left`,
    );
    this.sums = new Map();
    this.count = 0;
  }

  /** true once every two minutes. */
  timeToSave(): boolean {
    if (performance.now() - this.saved < SAVE_MINUTES * 60_000) return false;
    this.saved = performance.now();
    return true;
  }
}
