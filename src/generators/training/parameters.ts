import { Stream } from "../../random/stream.ts";

/** Numbers under training, by their key in the exported file. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type Parameters = ReadonlyMap<string, Parameter>;

/** How a tensor begins. "uniform" spreads by fan-in and fan-out (Glorot & Bengio 2010), times gain. */
export type Start = { readonly kind: "uniform"; readonly gain: number } | { readonly kind: "constant"; value: number };

/** Tensors of the given shapes; each has a stream of its own, named by its key. */
export function startParameters(
  shapes: ReadonlyMap<string, readonly number[]>,
  seed: number,
  start: (name: string) => Start,
): Parameters {
  const parameters = new Map<string, Parameter>();
  for (const [name, shape] of shapes) {
    const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
    const how = start(name);
    if (how.kind === "constant") data.fill(how.value);
    else {
      const [out = 1, into = 1, kh = 1, kw = 1] = shape;
      const limit = how.gain * Math.sqrt(6 / ((out + into) * kh * kw));
      const stream = new Stream(seed, `start/${name}`);
      for (let i = 0; i < data.length; i++) data[i] = stream.uniform(-limit, limit);
    }
    parameters.set(name, { shape, data });
  }
  return parameters;
}

/** The same shapes, every number 0. */
export function zerosLike(parameters: Parameters): Parameters {
  return new Map(
    [...parameters].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]),
  );
}

export function copyOf(parameters: Parameters): Parameters {
  return new Map([...parameters].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}

export function dataOf(parameters: Parameters, name: string): Float32Array {
  const found = parameters.get(name);
  if (!found) throw new RangeError(`There is no parameter ${name}.`);
  return found.data;
}

/** average ← decay · average + (1 − decay) · parameters. */
export function averageInto(average: Parameters, parameters: Parameters, decay: number): void {
  for (const [name, { data }] of parameters) {
    const target = dataOf(average, name);
    for (let i = 0; i < data.length; i++) {
      target[i] = decay * (target[i] as number) + (1 - decay) * (data[i] as number);
    }
  }
}
