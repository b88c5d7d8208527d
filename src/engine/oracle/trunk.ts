import { trunkLayout } from "../../networks/architecture.ts";
import { inputsOf, type MapShape, type Trunk } from "../../networks/trunk.ts";
import type { SgdHyper, StateDict } from "../network.ts";
import { type Mode, type NormStatistics, updateRunning } from "./batchNorm.ts";
import { layerGradient, runLayer, runningStatistics, type Trace } from "./layer.ts";
import { add } from "./pointwise.ts";
import { descend, type State, stateOf, tensorOf } from "./state.ts";
import { type Tensor, tensor } from "./tensor.ts";

export interface TrunkGradients {
  /** By state_dict name, of every trained tensor. */
  readonly gradients: Map<string, Float64Array>;
  /** [n][3][height][width]. */
  readonly dImages: Float64Array;
  /** The gradient by each map, by MapId; undefined for a map that the features do not depend on. */
  readonly byMap: readonly (Tensor | undefined)[];
}

/** A trunk, layer by layer, nothing fused. */
export class OracleTrunk {
  /** Parameters and running statistics. */
  readonly state: State;
  /** By the trained tensors' names; empty before the first step. */
  readonly momenta: State = new Map();

  constructor(
    readonly trunk: Trunk,
    state: StateDict,
  ) {
    const names = trunkLayout(trunk).map(({ name }) => name);
    this.state = stateOf(state, names);
  }

  /** @param images normalised [n][3][height][width] */
  forward(images: ArrayLike<number>, n: number, mode: Mode): Trace {
    const { maps, layers, input } = this.trunk;
    const values: Tensor[] = [];
    values[input] = tensor(n, maps[input] as MapShape, images);
    const statistics = new Map<string, NormStatistics>();
    const value = (map: number) => values[map] as Tensor;
    let features = values[input] as Tensor;
    for (const layer of layers) {
      features = runLayer(layer, value, this.state, mode, statistics);
      values[layer.output] = features;
    }
    return { mode, values, statistics, features: features.data };
  }

  /**
   * Gradients of a loss whose gradient by the features, [n][featureDim], is given: in training mode through the batch
   * statistics, in evaluation mode with the running ones as constants.
   */
  backward(trace: Trace, dFeatures: ArrayLike<number>): TrunkGradients {
    const { layers, input, featureDim } = this.trunk;
    const n = dFeatures.length / featureDim;
    const gradients = new Map<string, Float64Array>();
    const byMap: (Tensor | undefined)[] = trace.values.map(() => undefined);
    const features = layers.at(-1)?.output ?? input;
    byMap[features] = tensor(n, { channels: featureDim, height: 1, width: 1 }, dFeatures);
    for (const layer of [...layers].reverse()) {
      const dy = byMap[layer.output];
      if (!dy) continue;
      const parts = layerGradient(layer, trace, dy, this.state, gradients);
      inputsOf(layer).forEach((map, i) => {
        const sum = byMap[map];
        const part = parts[i] as Tensor;
        byMap[map] = sum ? add(sum, part) : part;
      });
    }
    return { gradients, dImages: (byMap[input] as Tensor).data, byMap };
  }

  /** One SGD step of the trunk's parameters. The running statistics move by {@link updateRunningStatistics}. */
  descend(gradients: ReadonlyMap<string, Float64Array>, hyper: SgdHyper): void {
    descend(this.state, this.momenta, gradients, hyper);
  }

  /** Moves the running statistics towards those of a training-mode pass. */
  updateRunningStatistics({ values, statistics }: Trace): void {
    for (const layer of this.trunk.layers) {
      if (layer.op !== "batchNorm") continue;
      const batch = tensorOf(statistics, layer.name);
      updateRunning(runningStatistics(this.state, layer.name), batch, values[layer.input] as Tensor);
    }
  }
}
