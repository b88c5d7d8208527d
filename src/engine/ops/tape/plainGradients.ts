import type { ConvolutionForm, ImageOps, Shape, Value } from "../imageOps.ts";
import { PlainValue } from "../plain/value.ts";
import { activationGradient, groupNormGradient } from "./composed.ts";
import type { GradientOps } from "./gradientOps.ts";
import { attentionGradient } from "./plainAttentionGradient.ts";

/** Gradients as their formulas say, of `plainOps`' values; sums are float64. */
export function plainGradients(ops: ImageOps): GradientOps {
  return {
    filterGradient: (x, dy, shape, form) => ops.upload(filterGradient(plain(x), plain(dy), shape, form), shape),
    activationGradient: (x, dy, activation) => activationGradient(ops, x, dy, activation),
    groupNormGradient: (...args) => groupNormGradient(ops, ...args),
    attentionGradient(q, k, v, dy, scale) {
      const gradient = attentionGradient(plain(q), plain(k), plain(v), plain(dy), scale);
      return {
        q: ops.upload(gradient.q.data, q.shape),
        k: ops.upload(gradient.k.data, k.shape),
        v: ops.upload(gradient.v.data, v.shape),
      };
    },
  };
}

function plain(value: Value): PlainValue {
  if (value instanceof PlainValue) return value;
  throw new TypeError("This gradient takes values of plainOps.");
}

function filterGradient(x: PlainValue, dy: PlainValue, shape: Shape, form: ConvolutionForm): Float32Array {
  const [cout, cin, kh, kw] = shape;
  const out = new Float32Array(cout * cin * kh * kw);
  let at = 0;
  for (let o = 0; o < cout; o++) {
    for (let i = 0; i < cin; i++) {
      for (let ky = 0; ky < kh; ky++) for (let kx = 0; kx < kw; kx++) out[at++] = tap(x, dy, o, i, ky, kx, form);
    }
  }
  return out;
}

/** One element: x at (stride · row + ky − top, …), where it is inside, times dy. */
function tap(x: PlainValue, dy: PlainValue, o: number, i: number, ky: number, kx: number, form: ConvolutionForm) {
  const [n, cin, h, w] = x.shape;
  const [, cout, rows, columns] = dy.shape;
  const { stride } = form;
  const [top, , left] = form.padding;
  let sum = 0;
  for (let image = 0; image < n; image++) {
    for (let row = 0; row < rows; row++) {
      const y = stride * row + ky - top;
      if (y < 0 || y >= h) continue;
      const from = ((image * cin + i) * h + y) * w;
      const gradient = ((image * cout + o) * rows + row) * columns;
      for (let column = 0; column < columns; column++) {
        const at = stride * column + kx - left;
        if (at >= 0 && at < w) sum += (x.data[from + at] as number) * (dy.data[gradient + column] as number);
      }
    }
  }
  return sum;
}
