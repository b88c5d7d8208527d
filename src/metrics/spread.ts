/** Mean of a few runs and how far they spread. */
export interface MeanAndSigma {
  readonly n: number;
  readonly mean: number;
  /** Population σ (ddof 0), OpenOOD's convention. */
  readonly populationSigma: number;
  /** Sample σ (ddof 1); null for a single value. */
  readonly sampleSigma: number | null;
}

/** Mean and both σ of finite values; null when there is none. Throws RangeError for NaN or an infinity. */
export function meanAndSigma(values: readonly number[]): MeanAndSigma | null {
  const n = values.length;
  if (n === 0) return null;
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new RangeError(`Value ${bad} of ${n} is ${values[bad]}; leave undefined results out.`);
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    n,
    mean,
    populationSigma: Math.sqrt(squares / n),
    sampleSigma: n > 1 ? Math.sqrt(squares / (n - 1)) : null,
  };
}

/** Unweighted mean over the sets of a group, as OpenOOD; null when a set is missing its value or there is no set. */
export function groupMean(values: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return values.length === 0 ? null : sum / values.length;
}
