import { type Tensor, zeros } from "./tensor.ts";

/** max(0, x); NaN stays NaN. */
export function relu(x: Tensor): Tensor {
  return { ...x, data: x.data.map((value) => Math.max(0, value)) };
}

/** 0 where x ≤ 0. `x` may be the ReLU's input or its output. */
export function reluGradient(x: Tensor, dy: Tensor): Tensor {
  return { ...dy, data: dy.data.map((g, i) => ((x.data[i] as number) > 0 ? g : 0)) };
}

export function add(a: Tensor, b: Tensor): Tensor {
  return { ...a, data: a.data.map((value, i) => value + (b.data[i] as number)) };
}

/** Channels of the inputs one after the other. @throws RangeError if there is none */
export function concat(inputs: readonly Tensor[]): Tensor {
  const [first] = inputs;
  if (!first) throw new RangeError("A concatenation needs inputs.");
  const { n, height, width } = first;
  const y = zeros(n, { channels: inputs.reduce((sum, { channels }) => sum + channels, 0), height, width });
  forEachPart(y, inputs, (part, from, at, length) => y.data.set(part.data.subarray(from, from + length), at));
  return y;
}

/** The gradient by each input. */
export function concatGradient(inputs: readonly Tensor[], dy: Tensor): Tensor[] {
  const gradients = inputs.map((input) => zeros(input.n, input));
  forEachPart(dy, gradients, (part, from, at, length) => part.data.set(dy.data.subarray(at, at + length), from));
  return gradients;
}

/** Calls `visit` for what each image has of each part: `length` numbers from `from` in the part, from `at` in the whole. */
function forEachPart(
  whole: Tensor,
  parts: readonly Tensor[],
  visit: (part: Tensor, from: number, at: number, length: number) => void,
): void {
  let at = 0;
  for (let n = 0; n < whole.n; n++) {
    for (const part of parts) {
      const length = part.channels * part.height * part.width;
      visit(part, n * length, at, length);
      at += length;
    }
  }
}
