import type { StrayModels } from "./kernels.ts";

/** Templates of `columns` entries in a matrix. Throws RangeError where there is none or it does not divide. */
export function checkedTemplates(logTemplates: Float32Array, columns: number): number {
  const count = logTemplates.length / columns;
  if (Number.isInteger(count) && count >= 1) return count;
  throw new RangeError(`${logTemplates.length} logarithms do not divide into templates of ${columns}.`);
}

/** Throws RangeError where the models are not of so many classes, or more ranks are to be revised. */
export function checkModels({ means, scale, shape, small }: StrayModels, classes: number, alpha: number): void {
  const fitting = [scale, shape, small].every(({ length }) => length === classes);
  if (!(fitting && means.length === classes * classes)) {
    throw new RangeError(
      `Models of ${scale.length} classes, ${means.length} entries of means, for ${classes} classes.`,
    );
  }
  if (!(Number.isInteger(alpha) && alpha >= 1 && alpha <= classes)) {
    throw new RangeError(`alpha = ${alpha} ranks of ${classes} classes.`);
  }
}
