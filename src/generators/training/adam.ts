import { dataOf, type Parameters, zerosLike } from "./parameters.ts";

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
}

/** Adam (Kingma & Ba 2015), with bias correction; moments are float32, arithmetic is float64. */
export class Adam {
  readonly first: Parameters;
  readonly second: Parameters;

  constructor(
    private readonly parameters: Parameters,
    private readonly options: AdamOptions,
  ) {
    this.first = zerosLike(parameters);
    this.second = zerosLike(parameters);
  }

  /**
   * @param gradients by parameter; those without one stay
   * @param step 1 for the first update
   */
  update(gradients: ReadonlyMap<string, Float32Array>, learningRate: number, step: number): void {
    const { beta1, beta2, eps } = this.options;
    const rate = learningRate / (1 - power(beta1, step));
    const correction = 1 / Math.sqrt(1 - power(beta2, step));
    for (const [name, gradient] of gradients) {
      const data = dataOf(this.parameters, name);
      const [m, v] = [dataOf(this.first, name), dataOf(this.second, name)];
      for (let i = 0; i < data.length; i++) {
        const g = gradient[i] as number;
        const mean = beta1 * (m[i] as number) + (1 - beta1) * g;
        const square = beta2 * (v[i] as number) + (1 - beta2) * g * g;
        m[i] = mean;
        v[i] = square;
        data[i] = (data[i] as number) - (rate * mean) / (Math.sqrt(square) * correction + eps);
      }
    }
  }
}

/** base^exponent by squaring: products alone, so the same bits in every engine, which Math.pow does not promise. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2), square *= square) {
    if (rest % 2 === 1) result *= square;
  }
  return result;
}

/** Scales all gradients so that their joint Euclidean norm is at most `most`; the norm before. */
export function clipNorm(gradients: ReadonlyMap<string, Float32Array>, most: number): number {
  let squares = 0;
  for (const gradient of gradients.values()) for (const g of gradient) squares += g * g;
  const norm = Math.sqrt(squares);
  if (norm > most) {
    for (const gradient of gradients.values())
      for (let i = 0; i < gradient.length; i++) (gradient[i] as number) *= most / norm;
  }
  return norm;
}
