/** Slider events whose cost is remembered. */
const KEPT = 400;
const times: number[] = [];
let begun: number | null = null;

/** Called at the start of a slider event. */
export function beginDragMeasure(): void {
  begun = performance.now();
}

/** Called when React has committed what the event changed: handler, rendering and DOM writes are in the time. */
export function endDragMeasure(): void {
  if (begun === null) return;
  times.push(performance.now() - begun);
  begun = null;
  if (times.length > KEPT) times.shift();
}

/** How long slider events took, in milliseconds; null before the first. */
export function dragTimes(): { readonly n: number; readonly median: number; readonly p95: number } | null {
  if (times.length === 0) return null;
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { n: sorted.length, median: at(0.5), p95: at(0.95) };
}
