import type { ConvolutionOptions } from "../imageOps.ts";
import { convolutionShape, type Kernel } from "../shapes.ts";
import { activateInto, LINEAR } from "./activation.ts";
import { upsampleNearest } from "./resampling.ts";
import { PlainValue } from "./value.ts";

export interface PlainWeights extends Kernel {
  /** [cout, cin, kh, kw] */
  readonly data: Float32Array;
}

export function convolution(
  x: PlainValue,
  weights: PlainWeights,
  options: ConvolutionOptions,
  bias: PlainValue | null,
  addend: PlainValue | null,
): PlainValue {
  const y = new PlainValue(convolutionShape(x.shape, weights, options));
  const [n, cout, height, width] = y.shape;
  const from = weights.form.up === "nearest" ? upsampleNearest(x) : x;
  const addPlanes = weights.form.up === "transposed" ? scatter : correlate;
  const sum = new Float64Array(height * width);
  for (let image = 0; image < n; image++) {
    for (let channel = 0; channel < cout; channel++) {
      const at = (image * cout + channel) * sum.length;
      sum.fill(bias?.data[channel] ?? 0);
      if (addend) for (let i = 0; i < sum.length; i++) (sum[i] as number) += addend.data[at + i] as number;
      addPlanes(from, image, weights, channel, sum, height, width);
      activateInto(sum, y.data, at, options.activation ?? LINEAR);
    }
  }
  return y;
}

/** sum += w[channel] ∗ x[image] */
function correlate(
  x: PlainValue,
  image: number,
  { data, cin, kh, kw, form }: PlainWeights,
  channel: number,
  sum: Float64Array,
  height: number,
  width: number,
): void {
  const [, , h, w] = x.shape;
  const { stride } = form;
  const [top, , left] = form.padding;
  for (let c = 0; c < cin; c++) {
    const plane = (image * cin + c) * h * w;
    for (let ky = 0; ky < kh; ky++) {
      for (let kx = 0; kx < kw; kx++) {
        const factor = data[((channel * cin + c) * kh + ky) * kw + kx] as number;
        // Outputs whose input column lies in the map.
        const first = Math.max(0, Math.ceil((left - kx) / stride));
        const last = Math.min(width - 1, Math.floor((w - 1 + left - kx) / stride));
        for (let row = 0; row < height; row++) {
          const source = row * stride + ky - top;
          if (source < 0 || source >= h) continue;
          let from = plane + source * w + first * stride + kx - left;
          const end = row * width + last;
          for (let to = row * width + first; to <= end; to++) {
            (sum[to] as number) += factor * (x.data[from] as number);
            from += stride;
          }
        }
      }
    }
  }
}

/** sum += the transposed convolution of stride 2: every input pixel adds its multiple of the kernel. */
function scatter(
  x: PlainValue,
  image: number,
  { data, cin, kh, kw }: PlainWeights,
  channel: number,
  sum: Float64Array,
  _height: number,
  width: number,
): void {
  const [, , h, w] = x.shape;
  for (let c = 0; c < cin; c++) {
    let from = (image * cin + c) * h * w;
    const kernel = (channel * cin + c) * kh * kw;
    for (let row = 0; row < h; row++) {
      for (let column = 0; column < w; column++) {
        const value = x.data[from++] as number;
        for (let ky = 0; ky < kh; ky++) {
          const to = (2 * row + ky) * width + 2 * column;
          for (let kx = 0; kx < kw; kx++) {
            (sum[to + kx] as number) += value * (data[kernel + ky * kw + kx] as number);
          }
        }
      }
    }
  }
}
