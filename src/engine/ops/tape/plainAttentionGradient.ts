import { PlainValue } from "../plain/value.ts";

/** Gradients of q, k and v of attention, pixel by pixel of q: softmax weights first, then theirs. */
export function attentionGradient(
  q: PlainValue,
  k: PlainValue,
  v: PlainValue,
  dy: PlainValue,
  scale: number,
): { q: PlainValue; k: PlainValue; v: PlainValue } {
  const [n, d, h, w] = q.shape;
  const [queries, keys, e] = [h * w, k.shape[2] * k.shape[3], v.shape[1]];
  const out = { q: new PlainValue(q.shape), k: new PlainValue(k.shape), v: new PlainValue(v.shape) };
  const weights = new Float64Array(keys);
  const slopes = new Float64Array(keys);
  for (let image = 0; image < n; image++) {
    // Element (channel, pixel) of an image lies at channel · pixels + pixel.
    const [atQ, atK] = [image * d * queries, image * d * keys];
    const [atV, atY] = [image * e * keys, image * e * queries];
    for (let i = 0; i < queries; i++) {
      softmaxOfRow(i);
      let mean = 0;
      for (let j = 0; j < keys; j++) {
        let slope = 0;
        for (let c = 0; c < e; c++) slope += of(dy, atY + c * queries + i) * of(v, atV + c * keys + j);
        slopes[j] = slope;
        mean += (weights[j] as number) * slope;
      }
      for (let j = 0; j < keys; j++) {
        const weight = weights[j] as number;
        const slope = scale * weight * ((slopes[j] as number) - mean);
        for (let c = 0; c < d; c++) {
          add(out.q, atQ + c * queries + i, slope * of(k, atK + c * keys + j));
          add(out.k, atK + c * keys + j, slope * of(q, atQ + c * queries + i));
        }
        for (let c = 0; c < e; c++) add(out.v, atV + c * keys + j, weight * of(dy, atY + c * queries + i));
      }
    }

    function softmaxOfRow(i: number): void {
      let top = Number.NEGATIVE_INFINITY;
      for (let j = 0; j < keys; j++) {
        let product = 0;
        for (let c = 0; c < d; c++) product += of(q, atQ + c * queries + i) * of(k, atK + c * keys + j);
        weights[j] = scale * product;
        top = Math.max(top, scale * product);
      }
      let sum = 0;
      for (let j = 0; j < keys; j++) sum += weights[j] = Math.exp((weights[j] as number) - top);
      for (let j = 0; j < keys; j++) (weights[j] as number) /= sum;
    }
  }
  return out;
}

function of(value: PlainValue, at: number): number {
  return value.data[at] as number;
}

function add(value: PlainValue, at: number, amount: number): void {
  (value.data[at] as number) += amount;
}
