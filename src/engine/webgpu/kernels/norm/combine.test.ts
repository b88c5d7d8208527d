import { expect, it } from "vitest";
import { Stream } from "../../../../random/stream.ts";
import {
  batchNorm,
  batchNormGradient,
  batchStatistics,
  type Mode,
  type NormStatistics,
} from "../../../oracle/batchNorm.ts";
import { add, relu as oracleRelu, reluGradient } from "../../../oracle/pointwise.ts";
import type { Tensor } from "../../../oracle/tensor.ts";
import { type MapView, wholeMap } from "../kernel.ts";
import { inside } from "../testing/cases.ts";
import { normals, randomTensor, relativeError, rootOf, viewOf } from "../testing/maps.ts";
import { describeOnGpu } from "../testing/node/describeOnGpu.ts";
import { output, runKernel } from "../testing/runKernel.ts";
import { combine } from "./combine.ts";
import {
  type CombineGradientShape,
  combineGradientApply,
  combineGradientFinalise,
  combineGradientPartial,
} from "./combineGradient.ts";
import { type Slabs, slabCount } from "./slabs.ts";

const TOLERANCE = 2e-5;
const slabs: Slabs = { pixels: 24 };

interface Case {
  readonly name: string;
  readonly norms: readonly boolean[];
  readonly relu: boolean;
  readonly mode: Mode;
  readonly views: boolean;
}

const cases: Case[] = [
  { name: "norm, ReLU", norms: [true], relu: true, mode: "training", views: false },
  { name: "norm + map, ReLU, in views", norms: [true, false], relu: true, mode: "training", views: true },
  { name: "map + norm", norms: [false, true], relu: false, mode: "training", views: false },
  { name: "norm + norm, ReLU, in views", norms: [true, true], relu: true, mode: "training", views: true },
  { name: "norm + norm, ReLU, evaluation", norms: [true, true], relu: true, mode: "evaluation", views: false },
  { name: "map, ReLU", norms: [false], relu: true, mode: "training", views: false },
];

/** A summand with everything about it. */
interface TestTerm {
  readonly view: MapView;
  readonly x: Tensor;
  readonly norm: boolean;
  readonly statistics: NormStatistics;
  readonly gain: Float32Array;
  readonly bias: Float32Array;
  /** Scale, bias, mean, 1/σ. */
  readonly rows: Float32Array;
}

function makeTerm(stream: Stream, view: MapView, n: number, norm: boolean, mode: Mode): TestTerm {
  const { channels } = view;
  const x = randomTensor(stream, n, view);
  const gain = normals(stream, channels);
  const bias = normals(stream, channels);
  const running = { mean: Float64Array.from(normals(stream, channels)), variance: new Float64Array(channels).fill(3) };
  const statistics = mode === "training" ? batchStatistics(x) : running;
  const inverse = statistics.variance.map((v) => 1 / Math.sqrt(v + 1e-5));
  const scale = inverse.map((s, c) => s * (gain[c] as number));
  const rows = Float32Array.from([...scale, ...bias, ...statistics.mean, ...inverse]);
  return { view, x, norm, statistics, gain, bias, rows };
}

function termValue({ x, norm, statistics, gain, bias }: TestTerm): Tensor {
  return norm ? batchNorm(x, statistics, gain, bias) : x;
}

describeOnGpu("combine and its gradient", (gpu) => {
  it.each(cases)("$name", async ({ norms, relu, mode, views }) => {
    const n = 3;
    const map = wholeMap(5, 7, 12);
    const view = (before: number) => (views ? inside(map, before, 4) : map);
    const stream = new Stream(5, "combine");
    const terms = norms.map((norm, k) => makeTerm(stream, view(4 * k), n, norm, mode));
    const out = view(8);
    const sum = terms.map(termValue).reduce(add);
    const expected = relu ? oracleRelu(sum) : sum;
    const numbered = (name: string, values: (term: TestTerm) => Float32Array) =>
      Object.fromEntries(terms.map((term, k) => [`${name}${k}`, values(term)]));
    const maps = numbered("x", ({ view, x }) => rootOf(view, x));
    const rows = numbered("norm", ({ rows }) => rows);

    const kernel = combine(
      terms.map(({ view, norm }) => ({ x: view, norm })),
      relu,
      out,
    );
    const forward = await runKernel(gpu, kernel, n, { ...maps, ...rows, out: rootOf(out, sum, -7777) });
    const actual = viewOf(out, n, output(forward, "out"));
    expect(relativeError(actual.data, expected.data)).toBeLessThan(TOLERANCE);
    expect(rootOf(out, actual, -7777)).toEqual(output(forward, "out"));

    const dOut = randomTensor(stream, n, map);
    const shape: CombineGradientShape = {
      terms: terms.map(({ view, norm }, k) => ({ x: view, norm, gradient: out, accumulate: k === 1 })),
      relu: relu ? { out } : null,
      dOut: view(0),
    };
    // The oracle's output: the sign of a value near 0 may differ in float32.
    const given = { ...maps, dOut: rootOf(shape.dOut, dOut), out: rootOf(out, expected) };
    const g = relu ? reluGradient(expected, dOut) : dOut;
    const gradients = terms.map(({ x, statistics, gain, norm }) =>
      norm ? batchNormGradient(x, statistics, gain, g, mode) : { dx: g, dGain: null, dBias: null },
    );

    const count = norms.filter((norm) => norm).length;
    let coefficients = new Float32Array(count * 4 * map.channels);
    if (mode === "training" && count > 0) {
      const partials = new Float32Array(slabCount(slabs, map, n) * (1 + count) * map.channels).fill(Number.NaN);
      const sums = await runKernel(gpu, combineGradientPartial(shape, slabs), n, { ...given, ...rows, partials });
      const vectors = numbered("dGain", ({ gain }) => gain);
      const finals = await runKernel(gpu, combineGradientFinalise(shape, slabs), n, {
        ...rows,
        ...vectors,
        ...numbered("dBias", ({ gain }) => gain),
        partials: output(sums, "partials"),
        coefficients,
      });
      coefficients = Float32Array.from(output(finals, "coefficients"));
      for (const [k, { dGain, dBias }] of gradients.entries()) {
        if (!dGain || !dBias) continue;
        expect(relativeError(output(finals, `dGain${k}`), dGain)).toBeLessThan(TOLERANCE);
        expect(relativeError(output(finals, `dBias${k}`), dBias)).toBeLessThan(TOLERANCE);
      }
    }

    const before = rootOf(out, sum, -7777);
    const backward = await runKernel(gpu, combineGradientApply(shape, mode), n, {
      ...given,
      ...rows,
      coefficients,
      d0: before,
      d1: before,
    });
    for (const [k, { dx }] of gradients.entries()) {
      const actual = viewOf(out, n, output(backward, `d${k}`));
      const wanted = k === 1 ? add(dx, sum) : dx;
      expect(relativeError(actual.data, wanted.data)).toBeLessThan(TOLERANCE);
      expect(rootOf(out, actual, -7777)).toEqual(output(backward, `d${k}`));
    }
  });

  it("reads and writes no more than a device's eight storage buffers", () => {
    const view = wholeMap(2, 2, 4);
    const term = { x: view, norm: true, gradient: view, accumulate: true };
    const shape: CombineGradientShape = { terms: [term, term], relu: { out: view }, dOut: view };
    for (const { bindings } of [
      combineGradientPartial(shape, slabs),
      combineGradientFinalise(shape, slabs),
      combineGradientApply(shape, "training"),
      combineGradientApply(shape, "evaluation"),
    ]) {
      expect(bindings.filter(({ access }) => access !== "uniform").length).toBeLessThanOrEqual(8);
    }
  });
});
