import type { Convolution, Layer, MapId, Trunk } from "../../networks/trunk.ts";
import { type Fold, folds } from "./fold.ts";
import { type Combination, combinations } from "./fuse.ts";
import type { Parameters } from "./parameters.ts";
import type { Placement } from "./placement.ts";
import type { ForwardStep } from "./steps.ts";

/** Which statistics batch norms use in a forward pass that leaves what a backward pass needs. */
export type Statistics = "batch" | "running";

/** Turns layers into steps: where the maps lie, which layers became one pass, where the parameters are. */
class Steps {
  private readonly fused: Map<MapId, Combination>;

  constructor(
    trunk: Trunk,
    private readonly maps: Placement,
    private readonly parameters: Parameters,
  ) {
    this.fused = combinations(trunk);
  }

  /** Steps of any layer but a batch norm's statistics. */
  of(layer: Layer): ForwardStep[] {
    switch (layer.op) {
      case "convolution":
        return [this.convolve(layer, null)];
      case "maxPool":
      case "averagePool":
        return [{ kind: "pool", layer, x: this.maps.view(layer.input), y: this.maps.view(layer.output) }];
      case "globalAverage":
        return [{ kind: "globalAverage", x: this.maps.view(layer.input) }];
      case "concat":
        return [];
      default:
        return this.combine(layer.output);
    }
  }

  convolve(layer: Convolution, fold: Fold | null): ForwardStep {
    const { maps, parameters } = this;
    return {
      kind: "convolve",
      convolution: parameters.convolution(layer),
      x: maps.view(layer.input),
      y: maps.view(fold?.output ?? layer.output),
      epilogue: fold && {
        norm: parameters.norm(fold.norm),
        residual: fold.residual === null ? null : maps.view(fold.residual),
        relu: fold.relu,
      },
    };
  }

  /** The combination that happens at this output; none if it happens elsewhere. */
  private combine(output: MapId): ForwardStep[] {
    const combination = this.fused.get(output);
    if (!combination) return [];
    const terms = combination.terms.map(({ map, norm }) => {
      return { map: this.maps.view(map), norm: norm && this.parameters.norm(norm) };
    });
    return [{ kind: "combine", terms, relu: combination.relu, out: this.maps.view(output) }];
  }
}

/** Images → features, with every map kept that a gradient needs. */
export function forwardSteps(trunk: Trunk, maps: Placement, parameters: Parameters, by: Statistics): ForwardStep[] {
  const steps = new Steps(trunk, maps, parameters);
  return trunk.layers.flatMap((layer): ForwardStep[] => {
    if (layer.op !== "batchNorm") return steps.of(layer);
    const norm = parameters.norm(layer);
    if (by === "running") return [{ kind: "runningStatistics", norm }, ...steps.of(layer)];
    return [{ kind: "batchStatistics", norm, x: maps.view(layer.input) }, ...steps.of(layer)];
  });
}

/** Images → features with running statistics; norms behind convolutions are folded into the weights. */
export function evaluationSteps(trunk: Trunk, maps: Placement, parameters: Parameters): ForwardStep[] {
  const steps = new Steps(trunk, maps, parameters);
  const folded = folds(trunk, combinations(trunk).values());
  const done = new Set([...folded.values()].map(({ output }) => output));
  return trunk.layers.flatMap((layer): ForwardStep[] => {
    if (layer.op === "convolution") return [steps.convolve(layer, folded.get(layer.output) ?? null)];
    if (layer.op === "batchNorm") {
      if (folded.has(layer.input)) return [];
      return [{ kind: "runningStatistics", norm: parameters.norm(layer) }, ...steps.of(layer)];
    }
    return done.has(layer.output) ? [] : steps.of(layer);
  });
}
