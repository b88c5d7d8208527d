import { concat1d, matMul, type Rank, reshape, slice, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { reproducibly } from "./reproducibly.ts";
import type { Run } from "./runner.ts";
import type { GpuValue } from "./value.ts";

/** Bytes of scores that lie on the GPU at once. */
const SCORES = 64 * 2 ** 20;

const THREADS = 64;

/** Images and queries go in tiles; each tile's result is copied to its place. */
export function attention(run: Run, q: GpuValue, k: GpuValue, v: GpuValue, scale: number, scores = SCORES): Tensor {
  const [n, d, h, w] = q.shape;
  const [, e, a, b] = v.shape;
  const rows = Math.max(1, Math.floor(scores / (4 * a * b)));
  const queries = Math.min(h * w, rows);
  const images = Math.max(1, Math.min(n, Math.floor(rows / queries)));
  const all = {
    q: reshape<Rank.R3>(q.tensor, [n, h * w, d]),
    k: reshape<Rank.R3>(k.tensor, [n, a * b, d]),
    v: reshape<Rank.R3>(v.tensor, [n, a * b, e]),
  };
  const results: Tensor1D[] = [];
  for (let i = 0; i < n; i += images) {
    const m = Math.min(images, n - i);
    const keys = m === n ? all.k : slice(all.k, [i, 0, 0], [m, a * b, d]);
    const values = m === n ? all.v : slice(all.v, [i, 0, 0], [m, a * b, e]);
    for (let j = 0; j < h * w; j += queries) {
      const some = Math.min(queries, h * w - j);
      const tile = m === n && some === h * w ? all.q : slice(all.q, [i, j, 0], [m, some, d]);
      const products = reproducibly(m, d, () => matMul(tile, keys, false, true));
      const weights = reshape<Rank.R3>(softmax(run, products, a * b, scale), [m, some, a * b]);
      const result = reproducibly(m, a * b, () => matMul(weights, values));
      results.push(reshape(result, [result.size]));
    }
  }
  return concat1d(results);
}

/** softmax(scale · x) of rows; the largest of each is found first, so that no exponential overflows. */
function softmax(run: Run, x: Tensor, length: number, scale: number): Tensor {
  return run(
    {
      name: "softmax",
      inputs: ["x"],
      uniforms: { length: "i32", scale: "f32" },
      workgroup: THREADS,
      functions: `
        var<workgroup> shares : array<f32, ${THREADS}>;
        fn larger(a : f32, b : f32) -> f32 { return select(b, a, isnan(a) || a > b); }
        fn added(a : f32, b : f32) -> f32 { return a + b; }
        ${["larger", "added"]
          .map(
            (operation) => `fn ${operation}OfAll(lane : i32, share : f32) -> f32 {
              shares[lane] = share;
              workgroupBarrier();
              for (var reach = ${THREADS / 2}; reach > 0; reach = reach / 2) {
                if (lane < reach) { shares[lane] = ${operation}(shares[lane], shares[lane + reach]); }
                workgroupBarrier();
              }
              let whole = shares[0];
              workgroupBarrier();
              return whole;
            }`,
          )
          .join("\n")}`,
      code: `
        let start = index * uniforms.length;
        var share = -0x1.fffffep+127f;
        for (var i = lane; i < uniforms.length; i += ${THREADS}) { share = larger(uniforms.scale * x[start + i], share); }
        let largest = largerOfAll(lane, share);
        share = 0.0;
        for (var i = lane; i < uniforms.length; i += ${THREADS}) {
          share += exp(uniforms.scale * x[start + i] - largest);
        }
        let sum = addedOfAll(lane, share);
        if (index < uniforms.count) {
          for (var i = lane; i < uniforms.length; i += ${THREADS}) {
            result[start + i] = exp(uniforms.scale * x[start + i] - largest) / sum;
          }
        }`,
    },
    [x],
    { length, scale },
    x.size,
    x.size / length,
  );
}
