import type { ConvolutionParameter } from "../../../plan/steps.ts";
import type { Segment } from "./arena.ts";
import type { ParameterLayout } from "./parameterLayout.ts";

/** A tensor of the state_dict and how it lies in its arena: value i of PyTorch's order at `place(i)`. */
export interface StateTensorPlace {
  readonly name: string;
  /** PyTorch's. */
  readonly shape: readonly number[];
  readonly segment: Segment;
  readonly arena: "trained" | "running";
  /** Floats from the segment's beginning, for every value in PyTorch's order. */
  places(): Iterable<number>;
}

/** The state_dict of a network by OpenOOD's names, in PyTorch's order. */
export function stateTensors(layout: ParameterLayout): StateTensorPlace[] {
  const { plan, classes, features } = layout;
  const { parameters, trunk } = plan;
  const tensors = trunk.layers.flatMap((layer): StateTensorPlace[] => {
    if (layer.op === "convolution") {
      const convolution = parameters.convolution(layer);
      const shape = [convolution.outputLanes.length, convolution.inputLanes.length, layer.kernel, layer.kernel];
      const segment = layout.weight(convolution);
      return [
        { name: `${layer.name}.weight`, shape, segment, arena: "trained", places: () => weightPlaces(convolution) },
      ];
    }
    if (layer.op !== "batchNorm") return [];
    const norm = parameters.norm(layer);
    const { gain, bias, runningMean, runningVariance } = layout.norm(norm);
    const vector = (suffix: string, segment: Segment, arena: StateTensorPlace["arena"]): StateTensorPlace => {
      return { name: `${layer.name}.${suffix}`, shape: [norm.lanes.length], segment, arena, places: () => norm.lanes };
    };
    return [
      vector("weight", gain, "trained"),
      vector("bias", bias, "trained"),
      vector("running_mean", runningMean, "running"),
      vector("running_var", runningVariance, "running"),
    ];
  });
  tensors.push({
    name: "fc.weight",
    shape: [classes, features.lanes.length],
    segment: layout.headWeight,
    arena: "trained",
    places: () => rowPlaces(classes, features.channels, features.lanes),
  });
  const places = () => Array.from({ length: classes }, (_, i) => i);
  tensors.push({ name: "fc.bias", shape: [classes], segment: layout.headBias, arena: "trained", places });
  return tensors;
}

/** PyTorch's [out][in][kernel][kernel] in [kernel][kernel][in][out]. */
function* weightPlaces({ layer, inputs, inputLanes, outputs, outputLanes }: ConvolutionParameter): Generator<number> {
  const taps = layer.kernel ** 2;
  for (const output of outputLanes) {
    for (const input of inputLanes) {
      for (let tap = 0; tap < taps; tap++) yield (tap * inputs + input) * outputs + output;
    }
  }
}

function* rowPlaces(rows: number, stride: number, lanes: readonly number[]): Generator<number> {
  for (let row = 0; row < rows; row++) for (const lane of lanes) yield row * stride + lane;
}

/** Takes a tensor out of its arena. */
export function readTensor(arena: Float32Array, { shape, segment, places }: StateTensorPlace): Float32Array {
  const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
  let i = 0;
  for (const at of places()) data[i++] = arena[segment.offset + at] as number;
  return data;
}

/** Puts a tensor into its arena; dead lanes keep what they have, which is zero. */
export function writeTensor(arena: Float32Array, { segment, places }: StateTensorPlace, data: Float32Array): void {
  let i = 0;
  for (const at of places()) arena[segment.offset + at] = data[i++] as number;
}
