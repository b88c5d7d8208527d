/** Every element if there are few, else about `count` of them, evenly spread. */
export function someOf(length: number, count: number): number[] {
  const stride = Math.max(1, Math.floor(length / count));
  return Array.from({ length: Math.ceil(length / stride) }, (_, i) => i * stride);
}

/**
 * Largest deviation of `gradient` from the central differences of `loss` by some elements of `values`, relative to
 * the gradient's largest element. `values` are changed and put back.
 */
export function gradientError(
  values: Float64Array,
  gradient: Float64Array,
  loss: () => number,
  { step = 1e-5, count = 40 } = {},
): number {
  if (gradient.length !== values.length) return Number.NaN;
  const scale = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
  let worst = 0;
  for (const i of someOf(values.length, count)) {
    const kept = values[i] as number;
    values[i] = kept + step;
    const above = loss();
    values[i] = kept - step;
    const below = loss();
    values[i] = kept;
    const error = Math.abs((above - below) / (2 * step) - (gradient[i] as number)) / scale;
    // Written so that NaN stays.
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

/**
 * Likewise along one direction, which moves all of `values` at once: deviation of gradient · direction from the
 * central difference, relative to the length of the gradient times that of the direction.
 *
 * @param direction entries ±1
 */
export function directionalError(
  values: Float64Array,
  gradient: Float64Array,
  direction: Int8Array,
  loss: () => number,
  step = 1e-6,
): number {
  if (gradient.length !== values.length) return Number.NaN;
  const kept = values.slice();
  const lossAt = (move: number) => {
    kept.forEach((value, i) => {
      values[i] = value + move * (direction[i] as number);
    });
    return loss();
  };
  const slope = (lossAt(step) - lossAt(-step)) / (2 * step);
  values.set(kept);
  const dot = (a: ArrayLike<number>) => gradient.reduce((sum, g, i) => sum + g * (a[i] as number), 0);
  return Math.abs(slope - dot(direction)) / Math.sqrt(dot(gradient) * values.length);
}
