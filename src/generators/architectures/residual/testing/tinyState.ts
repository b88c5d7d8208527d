import { Stream } from "../../../../random/stream.ts";
import { memoryCheckpoint } from "../../testing/goldenCase.ts";

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** How a tiny state_dict keeps its weights. */
export type Keeping = "plain" | "hook" | "power";

/** For tests: random state_dicts of tiny generators, named as the modules of the published code name their tensors. */
export class TinyState {
  readonly tensors = new Map<string, Tensor>();
  private readonly draw = new Stream(7, "tiny-generator");

  constructor(private readonly keeping: Keeping) {}

  normal(name: string, shape: readonly number[], mean = 0, deviation = 1): void {
    const length = shape.reduce((product, extent) => product * extent, 1);
    this.tensors.set(name, { shape, data: Float32Array.from({ length }, () => mean + deviation * this.draw.normal()) });
  }

  /** A convolution or linear map with spectral norm in this state's way; [out, in] or [out, in, k, k]. */
  weight(name: string, shape: readonly number[], bias = true): void {
    const [out = 1, ...rest] = shape;
    const inputs = rest.reduce((product, extent) => product * extent, 1);
    this.normal(this.keeping === "hook" ? `${name}.weight_orig` : `${name}.weight`, shape, 0, 1 / Math.sqrt(inputs));
    if (this.keeping === "hook") this.vectors(name, out, inputs);
    if (this.keeping === "power") {
      this.normal(`${name}.u0`, [1, out]);
      this.normal(`${name}.sv0`, [1]);
    }
    if (bias) this.normal(`${name}.bias`, [out], 0, 0.2);
  }

  /** Singular vectors after some power iterations, then moved a little: as averaged ones are. */
  private vectors(name: string, out: number, inputs: number): void {
    const weight = this.data(`${name}.weight_orig`);
    let u = Array.from({ length: out }, () => this.draw.normal());
    let v: number[] = [];
    for (let round = 0; round < 5; round++) {
      v = unit(Array.from({ length: inputs }, (_, j) => dot(u, (i) => weight[i * inputs + j] as number)));
      u = unit(Array.from({ length: out }, (_, i) => dot(v, (j) => weight[i * inputs + j] as number)));
    }
    const moved = (vector: number[]) =>
      Float32Array.from(vector, (value) => value + (0.03 * this.draw.normal()) / Math.sqrt(vector.length));
    this.tensors.set(`${name}.weight_u`, { shape: [out], data: moved(u) });
    this.tensors.set(`${name}.weight_v`, { shape: [inputs], data: moved(v) });
  }

  moments(mean: string, variance: string, channels: number): void {
    this.normal(mean, [channels], 0, 0.3);
    this.normal(variance, [channels]);
    this.data(variance).forEach((value, c, numbers) => {
      numbers[c] = 0.3 + value * value;
    });
  }

  data(name: string): Float32Array {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new Error(`No ${name}.`);
    return tensor.data;
  }

  shape(name: string): readonly number[] {
    return this.tensors.get(name)?.shape ?? [];
  }

  checkpoint() {
    return checkpointOf(this.tensors);
  }
}

export function checkpointOf(tensors: ReadonlyMap<string, Tensor>) {
  const keys = [...tensors].map(([name, { shape }]) => ({ name, shape }));
  return memoryCheckpoint(keys, ({ name }) => tensors.get(name)?.data.slice() ?? new Float32Array());
}

function dot(vector: readonly number[], other: (at: number) => number): number {
  return vector.reduce((sum, value, at) => sum + value * other(at), 0);
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
