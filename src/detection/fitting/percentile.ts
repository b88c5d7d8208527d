/**
 * The p-th percentile of the values, numpy's linear form: between the two values around place (n − 1) · p/100 of the
 * sorted list. Found by selection, so in time proportional to n. NaN where a value is NaN.
 *
 * @param p 0 … 100
 * @throws RangeError without values or where p lies outside
 */
export function percentile(values: Float32Array | Float64Array, p: number): number {
  if (values.length === 0) throw new RangeError("No values, so no percentile.");
  if (!(p >= 0 && p <= 100)) throw new RangeError(`A percentile lies between 0 and 100, not at ${p}.`);
  if (values.some(Number.isNaN)) return Number.NaN;
  const work = new Float64Array(values);
  const place = (work.length - 1) * (p / 100);
  const below = Math.floor(place);
  const low = select(work, below);
  const t = place - below;
  if (t === 0) return low;
  // What selection left to the right of `below` is no smaller, and its least is the next in order.
  let high = Number.POSITIVE_INFINITY;
  for (let i = below + 1; i < work.length; i++) high = Math.min(high, work[i] as number);
  return low === high ? low : low + (high - low) * t;
}

/** Moves the values around until place k holds what sorting would put there, nothing larger before it; returns it. */
function select(values: Float64Array, k: number): number {
  let first = 0;
  let last = values.length - 1;
  while (first < last) {
    const pivot = medianOfThree(values, first, last);
    let i = first;
    let j = last;
    // Both scans stop at values equal to the pivot: the many zeros behind a ReLU split in halves.
    while (i <= j) {
      while ((values[i] as number) < pivot) i++;
      while ((values[j] as number) > pivot) j--;
      if (i <= j) {
        const value = values[i] as number;
        values[i++] = values[j] as number;
        values[j--] = value;
      }
    }
    if (k <= j) last = j;
    else if (k >= i) first = i;
    else break;
  }
  return values[k] as number;
}

function medianOfThree(values: Float64Array, first: number, last: number): number {
  const a = values[first] as number;
  const b = values[(first + last) >> 1] as number;
  const c = values[last] as number;
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
