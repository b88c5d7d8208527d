import type { BatchNorm, Convolution, Trunk } from "../../networks/trunk.ts";
import type { Placement } from "./placement.ts";
import type { ConvolutionParameter, NormParameter } from "./steps.ts";

/** The trunk's trained tensors with their dead lanes, each once. */
export class Parameters {
  readonly convolutions: readonly ConvolutionParameter[];
  readonly norms: readonly NormParameter[];

  /** @param maps any placement of the trunk: lanes are the same in all */
  constructor(trunk: Trunk, maps: Placement) {
    const convolutions: ConvolutionParameter[] = [];
    const norms: NormParameter[] = [];
    for (const layer of trunk.layers) {
      if (layer.op === "convolution") {
        const [x, y] = [maps.view(layer.input), maps.view(layer.output)];
        convolutions.push({
          layer,
          inputs: x.channels,
          inputLanes: x.lanes,
          outputs: y.channels,
          outputLanes: y.lanes,
        });
      } else if (layer.op === "batchNorm") {
        const { channels, lanes } = maps.view(layer.input);
        norms.push({ layer, channels, lanes });
      }
    }
    this.convolutions = convolutions;
    this.norms = norms;
  }

  convolution(layer: Convolution): ConvolutionParameter {
    return found(this.convolutions, layer);
  }

  norm(layer: BatchNorm): NormParameter {
    return found(this.norms, layer);
  }
}

function found<L, P extends { readonly layer: L }>(parameters: readonly P[], layer: L): P {
  const parameter = parameters.find((candidate) => candidate.layer === layer);
  if (!parameter) throw new Error("This layer is not part of the trunk.");
  return parameter;
}
