import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Activation, ConvolutionForm, ImageOps, Shape, Value } from "./imageOps.ts";
import { activated, attended, convolved, filtered, grouped, moments, nearest, pooled } from "./testing/formulas.ts";
import { Tensor } from "./testing/tensor.ts";

/** A convolution to test: input, kernel, what else goes in. */
interface ConvolutionCase {
  readonly x: Shape;
  readonly weight: Shape;
  readonly form: ConvolutionForm;
  readonly bias?: boolean;
  readonly addend?: boolean;
  readonly activation?: Activation;
}

const plain = (stride: number, pad: number): ConvolutionForm => ({
  up: "none",
  stride,
  padding: [pad, pad, pad, pad],
});
const nearestForm = (pad: number): ConvolutionForm => ({ ...plain(1, pad), up: "nearest" });
const transposedForm: ConvolutionForm = { ...plain(1, 0), up: "transposed" };

const convolutions: readonly ConvolutionCase[] = [
  { x: [2, 5, 9, 7], weight: [11, 5, 3, 3], form: plain(1, 1), bias: true, addend: true },
  { x: [3, 16, 8, 8], weight: [24, 16, 3, 3], form: plain(1, 1), bias: true, activation: { kind: "relu" } },
  { x: [1, 24, 17, 19], weight: [9, 24, 3, 3], form: plain(1, 1), activation: { kind: "swish" } },
  { x: [1, 8, 4, 4], weight: [8, 8, 3, 3], form: plain(1, 1), addend: true },
  { x: [2, 3, 10, 11], weight: [7, 3, 3, 3], form: plain(2, 1), bias: true },
  { x: [2, 10, 6, 5], weight: [3, 10, 1, 1], form: plain(1, 0), activation: { kind: "tanh" } },
  { x: [2, 37, 1, 1], weight: [50, 37, 1, 1], form: plain(1, 0), bias: true },
  { x: [1, 6, 9, 9], weight: [5, 6, 3, 3], form: plain(1, 0) },
  { x: [2, 9, 7, 8], weight: [10, 9, 1, 7], form: { up: "none", stride: 1, padding: [0, 0, 3, 3] } },
  { x: [1, 4, 8, 7], weight: [6, 4, 5, 5], form: plain(1, 2), bias: true },
  { x: [1, 4, 6, 6], weight: [6, 4, 3, 3], form: { up: "none", stride: 2, padding: [0, 1, 0, 1] } },
  { x: [1, 4, 5, 6], weight: [6, 4, 3, 3], form: { up: "none", stride: 1, padding: [2, 1, 0, 1] } },
  { x: [2, 5, 4, 3], weight: [9, 5, 3, 3], form: nearestForm(1), bias: true, activation: { kind: "relu" } },
  { x: [1, 3, 5, 5], weight: [4, 3, 5, 5], form: nearestForm(2), addend: true },
  { x: [1, 9, 3, 3], weight: [4, 9, 1, 1], form: nearestForm(0) },
  { x: [2, 5, 4, 3], weight: [9, 5, 3, 3], form: transposedForm, bias: true },
  { x: [1, 8, 8, 8], weight: [16, 8, 3, 3], form: transposedForm, addend: true },
  { x: [2, 3, 5, 4], weight: [4, 3, 4, 4], form: transposedForm },
  { x: [1, 3, 5, 4], weight: [4, 3, 1, 1], form: transposedForm },
];

const activations: readonly Activation[] = [
  { kind: "linear", gain: 0.5 },
  { kind: "relu", clamp: 0.7 },
  { kind: "leaky-relu", slope: 0.2, gain: Math.SQRT2, clamp: 1.5 },
  { kind: "swish" },
  { kind: "tanh", gain: 2 },
];

/**
 * What every device must do. Call inside a `describe`.
 *
 * @param tolerance largest difference to the formulas, relative to the largest number of the result
 */
export function opsContract(open: () => Promise<ImageOps>, tolerance: number): void {
  let ops: ImageOps;
  beforeAll(async () => {
    ops = await open();
  });
  afterAll(() => ops?.dispose());

  const up = (tensor: Tensor) => ops.upload(tensor.floats, tensor.shape);

  async function expectClose(value: Value, expected: Tensor): Promise<void> {
    expect(value.shape).toEqual(expected.shape);
    const got = await ops.read(value);
    expect(got.length).toBe(expected.data.length);
    const scale = expected.data.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
    let worst = 0;
    expected.data.forEach((number, i) => {
      const difference = Math.abs((got[i] as number) - number);
      // NaN compares as false, so a number that is not one must be found by itself.
      worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
    });
    expect(worst).toBeLessThanOrEqual(tolerance * scale);
    ops.free(value);
  }

  describe("convolution", () => {
    it.each(convolutions)("$form.up $x with $weight, stride $form.stride, padding $form.padding", async (c) => {
      const x = Tensor.seeded("x", c.x);
      const weight = Tensor.seeded("weight", c.weight);
      let expected = convolved(x, weight, c.form);
      const bias = c.bias ? Tensor.seeded("bias", [1, c.weight[0], 1, 1]) : null;
      const addend = c.addend ? Tensor.seeded("addend", expected.shape) : null;
      const sums = expected;
      expected = new Tensor(sums.shape, (n, o, y, z) => {
        return sums.at(n, o, y, z) + (bias?.at(0, o, 0, 0) ?? 0) + (addend?.at(n, o, y, z) ?? 0);
      });
      const weights = ops.convolutionWeights(weight.floats, weight.shape, c.form);
      const activation = c.activation ?? { kind: "linear" };
      const options = { bias: bias && up(bias), addend: addend && up(addend), activation };
      await expectClose(ops.convolution(up(x), weights, options), activated(expected, activation));
      ops.freeWeights(weights);
    });

    it("takes what another convolution gave, whatever its border", async () => {
      const x = Tensor.seeded("x", [2, 12, 7, 9]);
      const [first, second] = [Tensor.seeded("a", [9, 12, 3, 3]), Tensor.seeded("b", [4, 9, 7, 7])];
      const a = ops.convolutionWeights(first.floats, first.shape, plain(1, 1));
      const b = ops.convolutionWeights(second.floats, second.shape, plain(1, 3));
      const y = ops.scope(() => ops.convolution(ops.convolution(up(x), a, { activation: { kind: "relu" } }), b));
      const between = activated(convolved(x, first, plain(1, 1)), { kind: "relu" });
      await expectClose(y, convolved(between, second, plain(1, 3)));
      ops.freeWeights(a);
      ops.freeWeights(b);
    });
  });

  describe("by channels", () => {
    const x = Tensor.seeded("x", [3, 11, 5, 6]);

    it.each(activations)("scaleShift, then $kind", async (activation) => {
      const scale = Tensor.seeded("scale", [1, 11, 1, 1]);
      const shift = Tensor.seeded("shift", [3, 11, 1, 1]);
      const scaled = new Tensor(x.shape, (n, c, y, z) => {
        return x.at(n, c, y, z) * scale.repeated(n, c, 0, 0) + shift.repeated(n, c, 0, 0);
      });
      await expectClose(ops.scaleShift(up(x), up(scale), up(shift), activation), activated(scaled, activation));
      await expectClose(ops.activate(up(x), activation), activated(x, activation));
    });

    it("scaleShift with one of them only, and by image", async () => {
      const scale = Tensor.seeded("scale", [3, 11, 1, 1]);
      const product = new Tensor(x.shape, (n, c, y, z) => x.at(n, c, y, z) * scale.at(n, c, 0, 0));
      await expectClose(ops.scaleShift(up(x), up(scale), null), product);
      const shift = Tensor.seeded("shift", [1, 11, 1, 1]);
      const sum = new Tensor(x.shape, (n, c, y, z) => x.at(n, c, y, z) + shift.at(0, c, 0, 0));
      await expectClose(ops.scaleShift(up(x), null, up(shift)), sum);
    });

    it.each([[3, 12] as const, [2, 32] as const, [1, 5] as const, [4, 96] as const])(
      "groupNorm of %i groups of %i channels",
      async (groups, channels) => {
        const wide = Tensor.seeded("wide", [2, channels, 5, 3]).map((value) => 3 * value + 10);
        const [gamma, beta] = [Tensor.seeded("gamma", [1, channels, 1, 1]), Tensor.seeded("beta", [1, channels, 1, 1])];
        const expected = grouped(wide, groups, gamma, beta, 1e-6);
        const got = ops.groupNorm(up(wide), groups, up(gamma), up(beta), 1e-6, { kind: "swish" });
        await expectClose(got, activated(expected, { kind: "swish" }));
      },
    );

    it("channelMoments, globalAverage", async () => {
      const of = moments(x, (_, c) => c);
      const got = ops.channelMoments(up(x));
      await expectClose(got.mean, new Tensor([1, 11, 1, 1], (_, c) => of(c).mean));
      await expectClose(got.variance, new Tensor([1, 11, 1, 1], (_, c) => of(c).variance));
      const each = moments(x, (n, c) => n * 100 + c);
      await expectClose(ops.globalAverage(up(x)), new Tensor([3, 11, 1, 1], (n, c) => each(n * 100 + c).mean));
    });

    it("concat, channels", async () => {
      const other = Tensor.seeded("other", [3, 6, 5, 6]);
      const both = new Tensor([3, 17, 5, 6], (n, c, y, z) => (c < 11 ? x.at(n, c, y, z) : other.at(n, c - 11, y, z)));
      const joined = ops.concat(up(x), up(other));
      await expectClose(ops.channels(joined, 9, 14), new Tensor([3, 5, 5, 6], (n, c, y, z) => both.at(n, c + 9, y, z)));
      await expectClose(joined, both);
      await expectClose(ops.channels(up(x), 8, 11), new Tensor([3, 3, 5, 6], (n, c, y, z) => x.at(n, c + 8, y, z)));
    });
  });

  describe("by elements", () => {
    const a = Tensor.seeded("a", [2, 10, 3, 5]);
    const shapes: readonly Shape[] = [
      [2, 10, 3, 5],
      [1, 10, 1, 1],
      [2, 1, 1, 1],
      [2, 1, 3, 5],
      [1, 1, 3, 1],
      [1, 10, 3, 5],
      [1, 1, 1, 1],
      [2, 10, 1, 5],
    ];

    it.each(shapes)("add, multiply with [%i, %i, %i, %i]", async (...shape) => {
      const b = Tensor.seeded("b", shape as Shape);
      const sums = new Tensor(a.shape, (n, c, y, z) => (a.at(n, c, y, z) + b.repeated(n, c, y, z)) * 0.7);
      const products = new Tensor(a.shape, (n, c, y, z) => a.at(n, c, y, z) * b.repeated(n, c, y, z));
      await expectClose(ops.add(up(a), up(b), 0.7), sums);
      await expectClose(ops.multiply(up(a), up(b)), products);
    });

    it("inverseRoot", async () => {
      const positive = a.map(Math.abs);
      await expectClose(
        ops.inverseRoot(up(positive), 0.25),
        positive.map((value) => 1 / Math.sqrt(value + 0.25)),
      );
    });

    it.each<Shape>([
      [2, 150, 1, 1],
      [1, 4, 15, 5],
      [20, 15, 1, 1],
      [6, 10, 1, 5],
    ])("reshape to [%i, %i, %i, %i]", async (...shape) => {
      const got = ops.reshape(up(a), shape as Shape);
      expect(got.shape).toEqual(shape);
      expect(await ops.read(got)).toEqual(a.floats);
    });
  });

  describe("resampling and windows", () => {
    const x = Tensor.seeded("x", [2, 9, 6, 7]);

    it("upsampleNearest", () => expectClose(ops.upsampleNearest(up(x)), nearest(x)));

    it.each([
      [[1, 3, 3, 1], 1, [1, 1]],
      [[1, 3, 3, 1], 1, [2, 1]],
      [[1, 3, 3, 1], 2, [2, 1]],
      [[1, 2, 4], 2, [0, 3]],
      [[0.5], 1, [0, 0]],
    ] as const)("filter %j up %i padding %j", async (taps, factor, pad) => {
      await expectClose(ops.filter(up(x), taps, factor, pad, 0.25), filtered(x, taps, factor, pad, 0.25));
    });

    it.each([
      { kernel: 2, stride: 2, padding: 0 },
      { kernel: 3, stride: 2, padding: 0 },
      { kernel: 3, stride: 1, padding: 1 },
      { kernel: 3, stride: 2, padding: 1 },
    ])("maxPool, averagePool %j", async (window) => {
      const negative = x.map((value) => value - 4);
      await expectClose(ops.maxPool(up(negative), window), pooled(negative, window, "max"));
      await expectClose(ops.averagePool(up(negative), window), pooled(negative, window, "average"));
    });

    it.each([
      [5, 11, [4, 5], [4, 5]],
      [8, 16, [8, 8], [4, 4]],
      [33, 3, [3, 3], [5, 7]],
    ] as const)("attention of depth %i on values of %i: %j pixels to %j", async (d, e, [h, w], [m, l]) => {
      const [q, k] = [Tensor.seeded("q", [2, d, h, w]), Tensor.seeded("k", [2, d, m, l])];
      const v = Tensor.seeded("v", [2, e, m, l]);
      await expectClose(ops.attention(up(q), up(k), up(v), 0.5), attended(q, k, v, 0.5));
    });
  });

  describe("memory and errors", () => {
    it("frees what a scope made, but for what it returns", async () => {
      const x = up(Tensor.seeded("x", [1, 8, 4, 4]));
      await ops.read(x);
      const before = ops.bytes;
      let inner: Value | null = null;
      const kept = ops.scope(() => {
        inner = ops.add(x, x);
        return [ops.multiply(inner, x)] as const;
      });
      await ops.read(kept[0]);
      const after = ops.bytes;
      expect(() => ops.add(inner as unknown as Value, x)).toThrow(/freed/);
      ops.free(kept[0]);
      expect(ops.bytes).toBeLessThan(after);
      expect(ops.bytes).toBe(before);
      ops.free(x);
    });

    it("refuses shapes that do not fit", () => {
      const x = up(Tensor.seeded("x", [1, 8, 4, 4]));
      const y = up(Tensor.seeded("y", [1, 7, 4, 4]));
      expect(() => ops.add(x, y)).toThrow(RangeError);
      expect(() => ops.groupNorm(x, 3, y, y, 1e-5)).toThrow(RangeError);
      expect(() => ops.reshape(x, [1, 8, 4, 5])).toThrow(RangeError);
      expect(() => ops.channels(x, 4, 9)).toThrow(RangeError);
      expect(() => ops.upload(new Float32Array(3), [1, 1, 2, 2])).toThrow(RangeError);
      const weights = ops.convolutionWeights(new Float32Array(7 * 9), [1, 7, 3, 3], plain(1, 1));
      expect(() => ops.convolution(x, weights)).toThrow(RangeError);
      ops.freeWeights(weights);
      ops.free(x);
      ops.free(y);
    });

    it("lets NaN through every operation", async () => {
      const data = Tensor.seeded("x", [1, 8, 4, 4]).floats;
      data[5] = Number.NaN;
      const x = ops.upload(data, [1, 8, 4, 4]);
      const one = up(new Tensor([1, 8, 1, 1], () => 1));
      const weights = ops.convolutionWeights(new Float32Array(8 * 8 * 9).fill(1), [8, 8, 3, 3], plain(1, 1));
      const values = [
        ops.convolution(x, weights, { bias: one, activation: { kind: "relu", clamp: 1 } }),
        ...activations.map((activation) => ops.activate(x, activation)),
        ops.groupNorm(x, 2, one, one, 1e-5, { kind: "relu" }),
        ops.add(one, ops.globalAverage(x)),
        ops.multiply(x, x),
        ops.inverseRoot(x, 1),
        ops.upsampleNearest(x),
        ops.filter(x, [1, 2, 1], 1, [1, 1], 1),
        ops.maxPool(x, { kernel: 2, stride: 2, padding: 0 }),
        ops.averagePool(x, { kernel: 2, stride: 2, padding: 0 }),
        ops.channelMoments(x).mean,
        ops.channelMoments(x).variance,
        ops.attention(x, x, x, 1),
      ];
      for (const value of values) expect((await ops.read(value)).some(Number.isNaN)).toBe(true);
      ops.freeWeights(weights);
      for (const value of [x, one, ...values]) ops.free(value);
    });
  });
}
