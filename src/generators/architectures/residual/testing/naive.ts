import type { TinyState } from "./tinyState.ts";

/** Maps [n][c][y][x], for generators written down once more as plainly as can be. */
export type Maps = number[][][][];

/** Layers of the published generators, one loop each, straight from a state_dict. */
export class Naive {
  constructor(
    private readonly state: TinyState,
    private readonly eps: number,
  ) {}

  /** A weight divided by its spectral norm: uᵀWv of the stored vectors, or after ajbrock's one power iteration. */
  weight(name: string): { numbers: number[]; shape: readonly number[] } {
    const key = this.state.tensors.has(`${name}.weight_orig`) ? `${name}.weight_orig` : `${name}.weight`;
    const numbers = [...this.state.data(key)];
    const shape = this.state.shape(key);
    const rows = shape[0] as number;
    const columns = numbers.length / rows;
    const apply = (v: readonly number[]) =>
      Array.from({ length: rows }, (_, i) =>
        v.reduce((sum, value, j) => sum + value * (numbers[i * columns + j] as number), 0),
      );
    const applyTransposed = (u: ArrayLike<number>) =>
      Array.from({ length: columns }, (_, j) => {
        let sum = 0;
        for (let i = 0; i < rows; i++) sum += (u[i] as number) * (numbers[i * columns + j] as number);
        return sum;
      });
    let sigma = 1;
    if (this.state.tensors.has(`${name}.weight_u`)) {
      const image = apply([...this.state.data(`${name}.weight_v`)]);
      sigma = image.reduce((sum, value, i) => sum + value * (this.state.data(`${name}.weight_u`)[i] as number), 0);
    } else if (this.state.tensors.has(`${name}.u0`)) {
      const v = applyTransposed(this.state.data(`${name}.u0`));
      const length = Math.hypot(...v);
      sigma = Math.hypot(...apply(v.map((value) => value / length)));
    }
    return { numbers: numbers.map((value) => value / sigma), shape };
  }

  bias(name: string, at: number): number {
    return this.state.tensors.has(`${name}.bias`) ? (this.state.data(`${name}.bias`)[at] as number) : 0;
  }

  linear(name: string, x: readonly number[]): number[] {
    const { numbers, shape } = this.weight(name);
    return Array.from(
      { length: shape[0] as number },
      (_, o) =>
        x.reduce((sum, value, i) => sum + value * (numbers[o * x.length + i] as number), 0) + this.bias(name, o),
    );
  }

  /** Zero padding that keeps the size. */
  convolution(name: string, x: Maps): Maps {
    const { numbers, shape } = this.weight(name);
    const [out = 0, inputs = 0, k = 1] = shape;
    const at = (maps: number[][][], c: number, y: number, column: number) => maps[c]?.[y]?.[column] ?? 0;
    return x.map((maps) =>
      Array.from({ length: out }, (_, o) =>
        (maps[0] as number[][]).map((row, y) =>
          row.map((_, column) => {
            let sum = this.bias(name, o);
            for (let c = 0; c < inputs; c++) {
              for (let dy = 0; dy < k; dy++) {
                for (let dx = 0; dx < k; dx++) {
                  const weight = numbers[((o * inputs + c) * k + dy) * k + dx] as number;
                  sum += weight * at(maps, c, y + dy - (k - 1) / 2, column + dx - (k - 1) / 2);
                }
              }
            }
            return sum;
          }),
        ),
      ),
    );
  }

  /** (x − mean)/√(variance + eps) · gain + bias, gain and bias per image. */
  norm(
    x: Maps,
    mean: string,
    variance: string,
    gain: (n: number) => ArrayLike<number>,
    bias: (n: number) => ArrayLike<number>,
  ): Maps {
    const [means, variances] = [this.state.data(mean), this.state.data(variance)];
    return x.map((maps, n) =>
      maps.map((rows, c) => {
        const slope = (gain(n)[c] as number) / Math.sqrt((variances[c] as number) + this.eps);
        return rows.map((row) => row.map((value) => (value - (means[c] as number)) * slope + (bias(n)[c] as number)));
      }),
    );
  }

  /** SAGAN: softmax over the pooled keys of ⟨theta, phi⟩, without a scale. */
  attention(x: Maps, modules: readonly [theta: string, phi: string, g: string, out: string], gain: string): Maps {
    const [theta, phi, g, out] = modules;
    const queries = this.convolution(theta, x);
    const keys = pooled(this.convolution(phi, x));
    const values = pooled(this.convolution(g, x));
    const attended = x.map((maps, n) => {
      const flatKeys = flat(keys[n] as number[][][]);
      const flatValues = flat(values[n] as number[][][]);
      return (values[n] as number[][][]).map((_, e) =>
        (maps[0] as number[][]).map((row, y) =>
          row.map((_, column) => {
            const scores = (flatKeys[0] as number[]).map((_, k) =>
              flatKeys.reduce(
                (sum, key, d) => sum + (key[k] as number) * (queries[n]?.[d]?.[y]?.[column] as number),
                0,
              ),
            );
            const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
            const total = weights.reduce((sum, weight) => sum + weight, 0);
            return weights.reduce((sum, weight, k) => sum + (weight / total) * (flatValues[e]?.[k] as number), 0);
          }),
        ),
      );
    });
    const [strength = 0] = this.state.data(gain);
    return each(this.convolution(out, attended), x, (a, b) => strength * a + b);
  }
}

function flat(maps: number[][][]): number[][] {
  return maps.map((rows) => rows.flat());
}

function pooled(x: Maps): Maps {
  return x.map((maps) =>
    maps.map((rows) =>
      Array.from({ length: rows.length / 2 }, (_, y) =>
        Array.from({ length: rows.length / 2 }, (_, column) =>
          Math.max(...[0, 1].flatMap((dy) => [0, 1].map((dx) => rows[2 * y + dy]?.[2 * column + dx] as number))),
        ),
      ),
    ),
  );
}

export function doubled(x: Maps): Maps {
  return x.map((maps) =>
    maps.map((rows) => rows.flatMap((row) => [row, row].map((r) => r.flatMap((value) => [value, value])))),
  );
}

export function each(a: Maps, b: Maps, join: (a: number, b: number) => number): Maps {
  return a.map((maps, n) =>
    maps.map((rows, c) => rows.map((row, y) => row.map((value, x) => join(value, b[n]?.[c]?.[y]?.[x] as number)))),
  );
}

export function relu(x: Maps): Maps {
  return x.map((maps) => maps.map((rows) => rows.map((row) => row.map((value) => Math.max(0, value)))));
}

/** The rows of a first layer as [channels, side, side]. */
export function viewed(rows: readonly number[], channels: number): number[][][] {
  const side = Math.sqrt(rows.length / channels);
  return Array.from({ length: channels }, (_, c) =>
    Array.from({ length: side }, (_, y) => rows.slice((c * side + y) * side, (c * side + y + 1) * side)),
  );
}
