import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Stream } from "../../../random/stream.ts";
import type { ConvolutionForm, ImageOps, Shape, Value } from "../imageOps.ts";
import { plainOps } from "../plain/plainOps.ts";
import type { GradientOps } from "./gradientOps.ts";
import { openWasmTrainingOps } from "./node/open.ts";
import { plainGradients } from "./plainGradients.ts";

type Pair = { readonly ops: ImageOps; readonly gradients: GradientOps };

const random = (purpose: string, shape: Shape) => {
  const stream = new Stream(4, purpose);
  return Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, () => stream.normal());
};

describe.each([1, 2])("gradients of wasm operations on %i threads", (threads) => {
  let wasm: Pair;
  const plain: Pair = (() => {
    const ops = plainOps();
    return { ops, gradients: plainGradients(ops) };
  })();
  beforeAll(async () => {
    wasm = await openWasmTrainingOps(threads);
  });
  afterAll(() => wasm?.ops.dispose());

  /** The same work on both, output by output. */
  async function same(
    shapes: readonly Shape[],
    work: (pair: Pair, inputs: Value[]) => readonly Value[],
  ): Promise<void> {
    const run = async (pair: Pair) => {
      const outputs = pair.ops.scope(() => {
        const inputs = shapes.map((shape, i) => pair.ops.upload(random(`input ${i}`, shape), shape));
        return work(pair, inputs);
      });
      const arrays = await Promise.all(outputs.map((output) => pair.ops.read(output)));
      for (const output of outputs) pair.ops.free(output);
      return arrays;
    };
    await run(wasm);
    const held = wasm.ops.bytes;
    const [got, expected] = [await run(wasm), await run(plain)];
    expected.forEach((array, i) => {
      const most = array.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
      const worst = array.reduce((top, value, at) => Math.max(top, Math.abs(value - (got[i]?.[at] as number))), 0);
      expect(got[i]?.length).toBe(array.length);
      expect(worst, `output ${i} of ${most}`).toBeLessThan(3e-5 * most);
    });
    expect(wasm.ops.bytes).toBe(held);
  }

  const form = (stride: number, ...padding: number[]): ConvolutionForm => {
    return { up: "none", stride, padding: padding as unknown as ConvolutionForm["padding"] };
  };
  it.each<readonly [string, Shape, Shape, Shape, ConvolutionForm]>([
    ["3 × 3, Winograd", [9, 10, 8, 8], [9, 17, 8, 8], [17, 10, 3, 3], form(1, 1, 1, 1, 1)],
    ["3 × 3, sides that are no multiples of 4", [3, 8, 7, 10], [3, 8, 7, 10], [8, 8, 3, 3], form(1, 1, 1, 1, 1)],
    ["3 × 3 of pixels", [5, 3, 2, 2], [5, 9, 2, 2], [9, 3, 3, 3], form(1, 1, 1, 1, 1)],
    ["stride 2, zeros after", [4, 5, 8, 8], [4, 6, 4, 4], [6, 5, 3, 3], form(2, 0, 1, 0, 1)],
    ["stride 2, zeros around", [4, 3, 8, 8], [4, 16, 4, 4], [16, 3, 3, 3], form(2, 1, 1, 1, 1)],
    ["1 × 1", [4, 12, 5, 4], [4, 7, 5, 4], [7, 12, 1, 1], form(1, 0, 0, 0, 0)],
    ["vectors", [12, 20, 1, 1], [12, 33, 1, 1], [33, 20, 1, 1], form(1, 0, 0, 0, 0)],
  ])("filterGradient, %s", async (_name, x, dy, shape, form) => {
    await same([x, dy], ({ gradients }, [a, b]) => [gradients.filterGradient(a as Value, b as Value, shape, form)]);
  });

  it.each([
    [16, 8, "swish", 1],
    [24, 4, "swish", 1],
    [6, 3, "linear", 1],
    [12, 1, "tanh", 1],
    [8, 2, "swish", 2],
  ] as const)("groupNormGradient of %i channels in %i groups, %s, gain %i", async (channels, groups, kind, gain) => {
    const map: Shape = [3, channels, 6, 5];
    const vector: Shape = [1, channels, 1, 1];
    await same([map, map, vector, vector], ({ gradients }, values) => {
      const [x, dy, gamma, beta] = values as [Value, Value, Value, Value];
      const gradient = gradients.groupNormGradient(x, dy, groups, gamma, beta, 1e-6, { kind, gain });
      return [gradient.x, gradient.gamma, gradient.beta];
    });
  });

  it.each([
    [
      [3, 16, 4, 4],
      [3, 16, 4, 4],
      [3, 16, 4, 4],
    ],
    [
      [2, 9, 5, 3],
      [2, 9, 3, 2],
      [2, 20, 3, 2],
    ],
  ] as [Shape, Shape, Shape][])("attentionGradient of %j, %j, %j", async (q, k, v) => {
    const dy: Shape = [q[0], v[1], q[2], q[3]];
    await same([q, k, v, dy], ({ gradients }, values) => {
      const [a, b, c, d] = values as [Value, Value, Value, Value];
      const gradient = gradients.attentionGradient(a, b, c, d, 0.4);
      return [gradient.q, gradient.k, gradient.v];
    });
  });
});
