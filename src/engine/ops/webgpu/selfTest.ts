import { Stream } from "../../../random/stream.ts";
import { BackendRefused } from "../../selectErrors.ts";
import type { Activation, ConvolutionForm, ImageOps, Shape } from "../imageOps.ts";
import { plainOps } from "../plain/plainOps.ts";

/** Largest difference to plain TypeScript, relative to the largest number: float32 makes about 1e-6 of it. */
const TOLERANCE = 1e-4;

/**
 * Computes a small network with every kind of kernel and compares it with plain TypeScript: drivers compute wrongly in
 * silence. Rejects with BackendRefused.
 */
export async function selfTest(ops: ImageOps): Promise<void> {
  const [got, expected] = [await selfTestNumbers(ops), await selfTestNumbers(plainOps())];
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = expected.reduce((most, value, i) => {
    const difference = Math.abs(value - (got[i] as number));
    return difference <= most ? most : difference;
  }, 0);
  if (worst <= TOLERANCE * scale) return;
  throw new BackendRefused(`image operations came out wrong by ${(worst / scale).toExponential(1)} of the largest`);
}

/** What the network makes of seeded numbers: [2, 3, 9, 9]. */
export async function selfTestNumbers(ops: ImageOps): Promise<Float32Array> {
  const stream = new Stream(6, "self-test of image operations");
  const seeded = (count: number) => Float32Array.from({ length: count }, () => stream.normal());
  const held: { free(): void }[] = [];
  const up = (...shape: Shape) => {
    const value = ops.upload(seeded(shape[0] * shape[1] * shape[2] * shape[3]), shape);
    held.push({ free: () => ops.free(value) });
    return value;
  };
  const kernel = (cout: number, cin: number, side: number, form: ConvolutionForm) => {
    const weight = seeded(cout * cin * side * side).map((value) => value / Math.sqrt(cin * side * side));
    const weights = ops.convolutionWeights(weight, [cout, cin, side, side], form);
    held.push({ free: () => ops.freeWeights(weights) });
    return weights;
  };
  const leaky: Activation = { kind: "leaky-relu", slope: 0.2, gain: Math.SQRT2, clamp: 4 };
  const [z, scale, shift, gamma, beta] = [
    up(2, 5, 4, 3),
    up(2, 8, 1, 1),
    up(1, 8, 1, 1),
    up(1, 8, 1, 1),
    up(1, 8, 1, 1),
  ];
  const first = kernel(8, 5, 3, { up: "nearest", stride: 1, padding: [1, 1, 1, 1] });
  const second = kernel(8, 8, 3, { up: "none", stride: 2, padding: [1, 1, 1, 1] });
  const third = kernel(3, 8, 3, { up: "transposed", stride: 1, padding: [0, 0, 0, 0] });
  const image = ops.scope(() => {
    const wide = ops.scaleShift(ops.convolution(z, first), scale, shift, leaky);
    const normal = ops.groupNorm(wide, 2, gamma, beta, 1e-5, { kind: "swish" });
    const seen = ops.add(normal, ops.attention(normal, normal, wide, 0.3), Math.SQRT1_2);
    const small = ops.convolution(ops.concat(ops.channels(seen, 4, 8), ops.channels(seen, 0, 4)), second);
    const square = ops.multiply(ops.reshape(small, [2, 8, 3, 4]), ops.globalAverage(wide));
    const large = ops.filter(ops.convolution(square, third), [1, 3, 3, 1], 1, [2, 2], 1 / 16);
    return ops.activate(ops.averagePool(large, { kernel: 3, stride: 1, padding: 1 }), { kind: "tanh" });
  });
  held.push({ free: () => ops.free(image) });
  try {
    return await ops.read(image);
  } finally {
    for (const each of held) each.free();
  }
}
