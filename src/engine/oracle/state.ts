import type { SgdHyper, StateDict } from "../network.ts";

/** Tensors by state_dict name, in PyTorch's layouts, float64. */
export type State = Map<string, Float64Array>;

/** The tensors that `names` lists. @throws RangeError where one is missing */
export function stateOf(state: StateDict, names: readonly string[]): State {
  return new Map(names.map((name) => [name, Float64Array.from(tensorOf(state, name).data)]));
}

/** @throws RangeError if it is missing */
export function tensorOf<T>(tensors: ReadonlyMap<string, T>, name: string): T {
  const tensor = tensors.get(name);
  if (!tensor) throw new RangeError(`The state has no tensor "${name}".`);
  return tensor;
}

/** One SGD step with Nesterov momentum and weight decay, as PyTorch (dampening 0). Momenta that lack are 0. */
export function descend(
  state: State,
  momenta: State,
  gradients: ReadonlyMap<string, Float64Array>,
  { lr, momentum, weightDecay }: SgdHyper,
): void {
  for (const [name, gradient] of gradients) {
    const p = tensorOf(state, name);
    const v = momenta.get(name) ?? new Float64Array(p.length);
    momenta.set(name, v);
    for (let i = 0; i < p.length; i++) {
      const g = (gradient[i] as number) + weightDecay * (p[i] as number);
      v[i] = momentum * (v[i] as number) + g;
      p[i] = (p[i] as number) - lr * (g + momentum * (v[i] as number));
    }
  }
}
