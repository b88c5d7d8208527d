/** @throws RangeError unless every label is a known class */
export function checkLabels(labels: Int32Array, classes: number): void {
  labels.forEach((label, i) => {
    if (label >= 0 && label < classes) return;
    throw new RangeError(`Image ${i} of the batch has the label ${label}; the network knows 0 to ${classes - 1}.`);
  });
}

/** @throws RangeError unless n is an integer from 1 to the largest batch */
export function checkBatch(n: number, maxBatch: number): void {
  if (Number.isInteger(n) && n >= 1 && n <= maxBatch) return;
  throw new RangeError(`This network was compiled for 1 to ${maxBatch} images at a time, not ${n}.`);
}
