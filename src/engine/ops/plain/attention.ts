import { exactExp } from "../../../random/exactMath.ts";
import { attentionShape } from "../shapes.ts";
import { PlainValue } from "./value.ts";

export function attention(q: PlainValue, k: PlainValue, v: PlainValue, scale: number): PlainValue {
  const y = new PlainValue(attentionShape(q.shape, k.shape, v.shape));
  const [n, d, h, w] = q.shape;
  const e = v.shape[1];
  const queries = h * w;
  const keys = k.shape[2] * k.shape[3];
  const weights = new Float64Array(keys);
  for (let image = 0; image < n; image++) {
    const [qAt, kAt, vAt, yAt] = [image * d * queries, image * d * keys, image * e * keys, image * e * queries];
    for (let query = 0; query < queries; query++) {
      weights.fill(0);
      for (let c = 0; c < d; c++) {
        const factor = scale * (q.data[qAt + c * queries + query] as number);
        const at = kAt + c * keys;
        for (let key = 0; key < keys; key++) (weights[key] as number) += factor * (k.data[at + key] as number);
      }
      softmax(weights);
      for (let c = 0; c < e; c++) {
        const at = vAt + c * keys;
        let sum = 0;
        for (let key = 0; key < keys; key++) sum += (weights[key] as number) * (v.data[at + key] as number);
        y.data[yAt + c * queries + query] = sum;
      }
    }
  }
  return y;
}

function softmax(weights: Float64Array): void {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < weights.length; i++) top = Math.max(top, weights[i] as number);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = exactExp((weights[i] as number) - top);
    weights[i] = weight;
    sum += weight;
  }
  for (let i = 0; i < weights.length; i++) (weights[i] as number) /= sum;
}
