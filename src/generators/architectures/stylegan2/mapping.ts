import type { ConvolutionWeights, ImageOps, Value } from "../../../engine/ops/imageOps.ts";

/** A dense layer on vectors [n, c, 1, 1]: a 1×1 convolution. */
export interface Dense {
  readonly weights: ConvolutionWeights;
  readonly bias: Value;
}

export interface MappingWeights {
  readonly zWidth: number;
  readonly classes: number | null;
  /** Embedded classes, each with mean square 1: [classes, embedWidth]; null without classes. */
  readonly embedded: Float32Array | null;
  readonly layers: readonly Dense[];
}

/**
 * w of z and class, [count, wWidth, 1, 1].
 * @param z [count, zWidth]
 * @throws RangeError where classes are missing or out of range
 */
export function mapping(
  ops: ImageOps,
  weights: MappingWeights,
  z: Float32Array,
  labels: Int32Array | null,
  count: number,
): Value {
  const { zWidth, classes, embedded, layers } = weights;
  if (z.length !== count * zWidth) throw new RangeError(`${count} latents of ${zWidth} are not ${z.length} numbers.`);
  const embedWidth = embedded && classes ? embedded.length / classes : 0;
  const rows = new Float32Array(count * (zWidth + embedWidth));
  for (let i = 0; i < count; i++) {
    const at = i * (zWidth + embedWidth);
    rows.set(unitMeanSquare(z.subarray(i * zWidth, (i + 1) * zWidth)), at);
    if (!embedded || classes === null) continue;
    const label = labels?.[i];
    if (label === undefined || !(label >= 0 && label < classes)) {
      throw new RangeError(`Image ${i} needs a class from 0 to ${classes - 1}, not ${label}.`);
    }
    rows.set(embedded.subarray(label * embedWidth, (label + 1) * embedWidth), at + zWidth);
  }
  return ops.scope(() => {
    let w = ops.upload(rows, [count, zWidth + embedWidth, 1, 1]);
    for (const { weights: dense, bias } of layers) {
      w = ops.convolution(w, dense, { bias, activation: { kind: "leaky-relu", slope: 0.2, gain: Math.SQRT2 } });
    }
    return w;
  });
}

/** x / √(mean x² + 1e-8) */
export function unitMeanSquare(x: Float32Array): Float32Array {
  const square = x.reduce((sum, value) => sum + value * value, 0);
  const scale = 1 / Math.sqrt(square / x.length + 1e-8);
  return x.map((value) => value * scale);
}
