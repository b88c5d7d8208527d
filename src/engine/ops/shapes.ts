import {
  type ConvolutionForm,
  type ConvolutionOptions,
  type ConvolutionWeights,
  convolutionOutput,
  type PoolWindow,
  type Shape,
  type Value,
} from "./imageOps.ts";

/*
 * What every operation's operands must look like, and its result; the same for every device. Each function throws
 * RangeError where the operands do not fit.
 */

/** Number of elements of a shape whose sides are positive integers. */
export function elements(shape: Shape): number {
  if (shape.length !== 4 || !shape.every((side) => Number.isInteger(side) && side > 0)) {
    throw new RangeError(`A shape is four positive integers, not ${text(shape)}.`);
  }
  return shape[0] * shape[1] * shape[2] * shape[3];
}

export function checkData(data: Float32Array, shape: Shape): void {
  const count = elements(shape);
  if (data.length !== count) throw new RangeError(`${text(shape)} has ${count} elements, not ${data.length}.`);
}

/** A convolution's weights, as far as shapes go. */
export interface Kernel extends ConvolutionWeights {
  readonly kh: number;
  readonly kw: number;
}

/** @param shape [cout, cin, kh, kw] */
export function checkedKernel(weight: Float32Array, shape: Shape, form: ConvolutionForm): Kernel {
  checkData(weight, shape);
  const [cout, cin, kh, kw] = shape;
  const { up, stride, padding } = form;
  if (!Number.isInteger(stride) || stride < 1) throw new RangeError(`A stride is a positive integer, not ${stride}.`);
  if (padding.length !== 4 || !padding.every((side) => Number.isInteger(side) && side >= 0)) {
    throw new RangeError(`Padding is four integers from 0 on, not [${padding.join(", ")}].`);
  }
  if (up === "nearest" && (stride !== 1 || kh % 2 === 0 || kw % 2 === 0)) {
    throw new RangeError(`"nearest" takes stride 1 and an odd kernel, not stride ${stride} and ${kh}×${kw}.`);
  }
  if (up === "transposed" && (stride !== 1 || padding.some((side) => side !== 0) || kh !== kw)) {
    throw new RangeError(`"transposed" takes a square kernel, stride 1 and padding 0, not ${kh}×${kw}, ${stride}.`);
  }
  return { cout, cin, kh, kw, form };
}

/** Of a convolution's result. */
export function convolutionShape(x: Shape, kernel: Kernel, { bias, addend }: ConvolutionOptions): Shape {
  const [n, c, h, w] = x;
  if (c !== kernel.cin) throw new RangeError(`The kernel takes ${kernel.cin} channels, the map has ${c}.`);
  const [height, width] = convolutionOutput(h, w, kernel.kh, kernel.kw, kernel.form);
  const shape: Shape = [n, kernel.cout, height, width];
  if (bias) checkVector("The bias", bias, kernel.cout);
  if (addend && !equal(addend.shape, shape)) {
    throw new RangeError(`The result is ${text(shape)}, but what is added is ${text(addend.shape)}.`);
  }
  return shape;
}

/** scale or shift: [n or 1, c, 1, 1]. */
export function checkPerChannel(x: Shape, factor: Value | null): void {
  if (!factor) return;
  const [n, c, h, w] = factor.shape;
  if ((n !== 1 && n !== x[0]) || c !== x[1] || h !== 1 || w !== 1) {
    throw new RangeError(
      `For ${text(x)} a factor or shift is [${x[0]} or 1, ${x[1]}, 1, 1], not ${text(factor.shape)}.`,
    );
  }
}

export function checkGroups(x: Shape, groups: number, gamma: Value, beta: Value): void {
  if (!Number.isInteger(groups) || groups < 1 || x[1] % groups !== 0) {
    throw new RangeError(`${x[1]} channels do not divide into ${groups} groups.`);
  }
  checkVector("gamma", gamma, x[1]);
  checkVector("beta", beta, x[1]);
}

/** b of a's shape, or 1 where it is repeated. */
export function checkRepeated(a: Shape, b: Shape): void {
  if (!b.every((side, axis) => side === 1 || side === a[axis])) {
    throw new RangeError(`${text(b)} does not repeat to ${text(a)}.`);
  }
}

export function concatShape(a: Shape, b: Shape): Shape {
  if (a[0] !== b[0] || a[2] !== b[2] || a[3] !== b[3]) {
    throw new RangeError(`${text(a)} and ${text(b)} differ in more than channels.`);
  }
  return [a[0], a[1] + b[1], a[2], a[3]];
}

export function channelsShape(x: Shape, from: number, to: number): Shape {
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || from >= to || to > x[1]) {
    throw new RangeError(`There are no channels ${from} … ${to - 1} of ${x[1]}.`);
  }
  return [x[0], to - from, x[2], x[3]];
}

export function checkReshape(from: Shape, to: Shape): void {
  if (elements(from) !== elements(to)) throw new RangeError(`${text(from)} cannot become ${text(to)}.`);
}

export function filterShape(
  x: Shape,
  taps: readonly number[],
  up: number,
  [before, after]: readonly [number, number],
): Shape {
  if ((up !== 1 && up !== 2) || taps.length < 1 || ![before, after].every((p) => Number.isInteger(p) && p >= 0)) {
    throw new RangeError(`A filter of ${taps.length} taps, up ${up}, padding ${before} and ${after} is not possible.`);
  }
  const [h, w] = [x[2], x[3]].map((side) => side * up + before + after - taps.length + 1) as [number, number];
  if (h < 1 || w < 1) throw new RangeError(`${taps.length} taps do not fit ${text(x)}.`);
  return [x[0], x[1], h, w];
}

export function poolShape(x: Shape, { kernel, stride, padding }: PoolWindow): Shape {
  const integers = [kernel, stride, padding].every(Number.isInteger);
  // With more padding a window would hold nothing but padding.
  if (!integers || kernel < 1 || stride < 1 || padding < 0 || 2 * padding > kernel) {
    throw new RangeError(`A pool of kernel ${kernel}, stride ${stride}, padding ${padding} is not possible.`);
  }
  const [h, w] = [x[2], x[3]].map((side) => Math.floor((side + 2 * padding - kernel) / stride) + 1) as [number, number];
  if (h < 1 || w < 1) throw new RangeError(`A pool of kernel ${kernel} does not fit ${text(x)}.`);
  return [x[0], x[1], h, w];
}

export function attentionShape(q: Shape, k: Shape, v: Shape): Shape {
  if (q[0] !== k[0] || q[1] !== k[1] || k[0] !== v[0] || k[2] !== v[2] || k[3] !== v[3]) {
    throw new RangeError(`Queries ${text(q)}, keys ${text(k)} and values ${text(v)} do not fit.`);
  }
  return [q[0], v[1], q[2], q[3]];
}

export function equal(a: Shape, b: Shape): boolean {
  return a.every((side, axis) => side === b[axis]);
}

function checkVector(name: string, vector: Value, length: number): void {
  if (!equal(vector.shape, [1, length, 1, 1])) {
    throw new RangeError(`${name} is [1, ${length}, 1, 1], not ${text(vector.shape)}.`);
  }
}

function text(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}
