import { describe, expect, it } from "vitest";
import { Stream } from "../../../random/stream.ts";
import type { ConvolutionForm, ImageOps, Shape, Value } from "../imageOps.ts";
import { plainOps } from "../plain/plainOps.ts";
import { plainGradients } from "./plainGradients.ts";
import { Tape } from "./tape.ts";

const FORM: ConvolutionForm = { up: "none", stride: 1, padding: [1, 1, 1, 1] };
const size = (shape: Shape) => shape.reduce((product, side) => product * side, 1);

function normals(purpose: string, shape: Shape, scale = 1): Float32Array {
  const stream = new Stream(8, purpose);
  return Float32Array.from({ length: size(shape) }, () => scale * stream.normal());
}

interface Case {
  readonly name: string;
  readonly inputs: readonly Shape[];
  readonly weight?: { readonly shape: Shape; readonly form: ConvolutionForm };
  compute(ops: ImageOps, inputs: readonly Value[], weight: Float32Array): Value;
}

/** Σ y · r for a fixed random r, its gradients by the tape and by central differences of the plain operations. */
async function check({ inputs: shapes, weight: kernel, compute }: Case): Promise<void> {
  const arrays = shapes.map((shape, i) => normals(`input ${i}`, shape));
  const weight = kernel ? normals("weight", kernel.shape, 0.3) : new Float32Array(0);
  const ops = plainOps();
  const tape = new Tape(ops, plainGradients(ops));
  const watching: ImageOps = Object.create(tape, {
    convolutionWeights: {
      value: (data: Float32Array, shape: Shape, form: ConvolutionForm) => {
        handle = tape.watch(tape.convolutionWeights(data, shape, form));
        return handle;
      },
    },
  });
  let handle: ReturnType<Tape["convolutionWeights"]> | null = null;
  const values = arrays.map((array, i) => tape.watch(tape.upload(array, shapes[i] as Shape)));
  const y = compute(watching, values, weight);
  const r = normals("r", y.shape);
  tape.backward([y, ops.upload(r, y.shape)]);

  const loss = async () => {
    const device = plainOps();
    const uploaded = arrays.map((array, i) => device.upload(array, shapes[i] as Shape));
    const out = await device.read(compute(device, uploaded, weight));
    return out.reduce((sum, each, i) => sum + each * (r[i] as number), 0);
  };
  const compare = async (array: Float32Array, gradient: Float32Array, name: string) => {
    expect(gradient.length, name).toBe(array.length);
    let scale = 0;
    for (const each of gradient) scale = Math.max(scale, Math.abs(each));
    for (let i = 0; i < array.length; i += Math.ceil(array.length / 12)) {
      const before = array[i] as number;
      const step = 1 / 256;
      array[i] = before + step;
      const above = await loss();
      array[i] = before - step;
      const below = await loss();
      array[i] = before;
      const difference = (above - below) / (2 * step);
      expect(Math.abs((gradient[i] as number) - difference), `${name}[${i}] is ${difference}`).toBeLessThan(
        0.004 * (scale + 0.1),
      );
    }
  };
  for (const [i, array] of arrays.entries()) {
    await compare(array, await ops.read(tape.gradient(values[i] as Value)), `input ${i}`);
  }
  if (handle) await compare(weight, await ops.read(tape.gradient(handle)), "weight");
  tape.dispose();
}

function convolutionCase(name: string, x: Shape, shape: Shape, form: ConvolutionForm): Case {
  const weight = { shape, form };
  return {
    name,
    inputs: [x, [1, shape[0], 1, 1]],
    weight,
    compute: (ops, [input, bias], data) => {
      return ops.convolution(input as Value, ops.convolutionWeights(data, shape, form), { bias: bias as Value });
    },
  };
}

const CASES: readonly Case[] = [
  convolutionCase("3 × 3", [2, 3, 5, 4], [4, 3, 3, 3], FORM),
  convolutionCase("1 × 1", [2, 3, 3, 2], [4, 3, 1, 1], { ...FORM, padding: [0, 0, 0, 0] }),
  convolutionCase("stride 2, zeros right and below", [2, 3, 6, 6], [2, 3, 3, 3], {
    up: "none",
    stride: 2,
    padding: [0, 1, 0, 1],
  }),
  convolutionCase("nearest", [2, 2, 3, 3], [3, 2, 3, 3], { ...FORM, up: "nearest" }),
  {
    name: "addend and tanh",
    inputs: [
      [1, 2, 3, 3],
      [1, 2, 3, 3],
    ],
    weight: { shape: [2, 2, 3, 3], form: FORM },
    compute: (ops, [x, addend], data) =>
      ops.convolution(x as Value, ops.convolutionWeights(data, [2, 2, 3, 3], FORM), {
        addend: addend as Value,
        activation: { kind: "tanh", gain: 2 },
      }),
  },
  ...(["swish", "tanh", "leaky-relu", "relu", "linear"] as const).map((kind): Case => {
    const activation = { kind, gain: 1.5, slope: 0.1 };
    return { name: kind, inputs: [[2, 2, 2, 2]], compute: (ops, [x]) => ops.activate(x as Value, activation) };
  }),
  {
    name: "scaleShift by image, relu",
    inputs: [
      [2, 3, 2, 2],
      [2, 3, 1, 1],
      [1, 3, 1, 1],
    ],
    compute: (ops, [x, scale, shift]) =>
      ops.scaleShift(x as Value, scale as Value, shift as Value, { kind: "leaky-relu", slope: 0.5 }),
  },
  ...(["swish", "linear"] as const).map((kind): Case => {
    return {
      name: `group norm, ${kind}`,
      inputs: [
        [2, 6, 3, 2],
        [1, 6, 1, 1],
        [1, 6, 1, 1],
      ],
      compute: (ops, [x, gamma, beta]) =>
        ops.groupNorm(x as Value, 2, gamma as Value, beta as Value, 1e-6, { kind, gain: 1 }),
    };
  }),
  {
    name: "batch norm of channel moments",
    inputs: [[3, 2, 2, 2]],
    compute: (ops, [x]) => {
      const { mean, variance } = ops.channelMoments(x as Value);
      const scale = ops.inverseRoot(variance, 1e-4);
      const shift = ops.activate(ops.multiply(mean, scale), { kind: "linear", gain: -1 });
      return ops.scaleShift(x as Value, scale, shift);
    },
  },
  {
    name: "sums and products, repeated",
    inputs: [
      [2, 3, 2, 2],
      [2, 3, 1, 1],
      [1, 3, 1, 1],
      [1, 1, 1, 1],
    ],
    compute: (ops, [x, a, b, c]) =>
      ops.multiply(ops.add(ops.multiply(ops.add(x as Value, a as Value, 0.7), b as Value), c as Value), x as Value),
  },
  {
    name: "concat, channels, reshape",
    inputs: [
      [2, 3, 2, 2],
      [2, 2, 2, 2],
    ],
    compute: (ops, [a, b]) => ops.reshape(ops.channels(ops.concat(a as Value, b as Value), 1, 4), [2, 2, 3, 2]),
  },
  {
    name: "attention",
    inputs: [
      [2, 3, 3, 2],
      [2, 3, 2, 2],
      [2, 4, 2, 2],
    ],
    compute: (ops, [q, k, v]) => ops.attention(q as Value, k as Value, v as Value, 0.6),
  },
  {
    name: "upsampling and averages",
    inputs: [[2, 3, 4, 2]],
    compute: (ops, [x]) => {
      const pooled = ops.averagePool(ops.upsampleNearest(x as Value), { kernel: 2, stride: 2, padding: 0 });
      return ops.add(pooled, ops.globalAverage(pooled));
    },
  },
];

describe("Tape", () => {
  it.each(CASES)("differentiates $name", check);

  it("says what it does not differentiate", () => {
    const ops = plainOps();
    const tape = new Tape(ops, plainGradients(ops));
    const x = tape.watch(tape.upload(new Float32Array(16), [1, 1, 4, 4]));
    const y = tape.maxPool(x, { kernel: 2, stride: 2, padding: 0 });
    expect(() => tape.backward([y, y])).toThrow("maxPool");
    expect(() => tape.gradient(x)).toThrow("no gradient");
  });

  it("records nothing of what is not watched", async () => {
    const ops = plainOps();
    const tape = new Tape(ops, plainGradients(ops));
    const x = tape.upload(new Float32Array([3]), [1, 1, 1, 1]);
    const y = tape.multiply(x, x);
    tape.backward([y, x]);
    expect(() => tape.gradient(x)).toThrow("not watched");
  });
});
