import type { NetworkSpec, StateDict } from "../engine/network.ts";
import { Stream } from "../random/stream.ts";
import { architecture, stateLayout } from "./architecture.ts";

/**
 * A fresh state_dict with PyTorch's default initialisation: convolution and linear weights and the linear bias
 * uniform in ±1/√fan_in (Kaiming-uniform with a = √5), batch-norm gain 1, bias 0, running mean 0, variance 1.
 * Every tensor has its own stream, named by the seed and its state_dict name.
 */
export function initialState(spec: NetworkSpec, seed: number): StateDict {
  const state: StateDict = new Map();
  for (const { name, shape, kind, fanIn } of stateLayout(architecture(spec))) {
    const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
    if (kind === "gain" || kind === "running_var") data.fill(1);
    else if (kind === "conv" || kind === "fc.weight" || kind === "fc.bias") {
      const stream = new Stream(seed, `init/${name}`);
      const bound = 1 / Math.sqrt(fanIn);
      for (let i = 0; i < data.length; i++) data[i] = stream.uniform(-bound, bound);
    }
    state.set(name, { shape, data });
  }
  return state;
}
