import type { ConvolutionForm, ConvolutionWeights, ImageOps, Shape, Value } from "../imageOps.ts";

/**
 * Gradient of a convolution's input: dy, with stride − 1 zeros between its pixels, convolved with the mirrored weight
 * whose input and output channels change roles.
 *
 * @param shape of the weight, [cout, cin, kh, kw]
 * @param input shape of x
 * @param keep is given the mirrored weights, to free them when the gradient has been read
 */
export function convolutionInputGradient(
  ops: ImageOps,
  dy: Value,
  weight: Float32Array,
  shape: Shape,
  form: ConvolutionForm,
  input: Shape,
  keep: (weights: ConvolutionWeights) => void,
): Value {
  const [, , kh, kw] = shape;
  const { stride } = form;
  const [top, , left] = form.padding;
  const spread = stride === 1 ? dy : spreadOut(ops, dy, stride);
  const [, , h, w] = spread.shape;
  // Output m gathers tap k from dy at m + top − k; as much again is missing at the end as the input is longer.
  const before = [kh - 1 - top, kw - 1 - left] as const;
  const padding = [before[0], input[2] - h + kh - 1 - before[0], before[1], input[3] - w + kw - 1 - before[1]] as const;
  if (padding.some((side) => side < 0)) {
    throw new RangeError(`The tape does not differentiate a ${kh}×${kw} kernel with padding ${form.padding}.`);
  }
  const [cout, cin] = shape;
  const mirrored = ops.convolutionWeights(mirror(weight, shape), [cin, cout, kh, kw], {
    up: "none",
    stride: 1,
    padding,
  });
  keep(mirrored);
  return ops.convolution(spread, mirrored);
}

/** dy[i] at 2i, zeros between and after. */
function spreadOut(ops: ImageOps, dy: Value, stride: number): Value {
  if (stride !== 2) throw new RangeError(`The tape does not differentiate a stride of ${stride}.`);
  return ops.filter(dy, [1], 2, [0, 0], 1);
}

/** weight[o][i][y][x] at [i][o][kh − 1 − y][kw − 1 − x]. */
function mirror(weight: Float32Array, [cout, cin, kh, kw]: Shape): Float32Array {
  const taps = kh * kw;
  const out = new Float32Array(weight.length);
  for (let o = 0; o < cout; o++) {
    for (let i = 0; i < cin; i++) {
      const from = (o * cin + i) * taps;
      const to = (i * cout + o) * taps;
      for (let tap = 0; tap < taps; tap++) out[to + taps - 1 - tap] = weight[from + tap] as number;
    }
  }
  return out;
}
