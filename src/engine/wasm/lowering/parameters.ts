import type { MapId } from "../../../networks/trunk.ts";
import type { Parameters } from "../../plan/parameters.ts";
import type { ConvolutionParameter, NormParameter } from "../../plan/steps.ts";
import type { Arena } from "./arena.ts";
import type { Panels, Vector } from "./buffers.ts";
import { CHUNKS } from "./program.ts";

/** A flat range of floats: all parameters of the trunk, their gradients, or their momenta, in the same order. */
export interface FlatArena {
  readonly address: number;
  readonly bytes: number;
}

/** A convolution's weights and their gradient. */
export interface ConvolutionBuffers {
  readonly weights: Panels;
  readonly gradient: Panels;
}

/** What a batch norm keeps in the arena. */
export interface NormBuffers {
  readonly gamma: Vector;
  readonly beta: Vector;
  readonly dGamma: Vector;
  readonly dBeta: Vector;
  readonly runningMean: Vector;
  readonly runningVar: Vector;
  /** Per-chunk sums of the batch statistics and, later, of their gradients: [CHUNKS][2][C]. */
  readonly partial: number;
  /** scale, shift, mean, 1/σ, variance of the batch: [5][C]. */
  readonly vectors: number;
  /** A, B, D of dx = A·g + B·x + D: [3][C]. */
  readonly coefficients: number;
}

/** Everything of the trunk that lives from step to step. */
export class ParameterBuffers {
  readonly values: FlatArena;
  readonly gradients: FlatArena;
  readonly momenta: FlatArena;
  private readonly convolutions = new Map<ConvolutionParameter, ConvolutionBuffers>();
  private readonly norms = new Map<NormParameter, NormBuffers>();

  /** @param images the map of the images, which have 4 lanes in memory */
  constructor(
    readonly parameters: Parameters,
    images: MapId,
    arena: Arena,
  ) {
    const { convolutions, norms } = parameters;
    const allocate = () => ({
      panels: convolutions.map((parameter) => {
        const { outputs, inputs, layer } = parameter;
        return arena.panels(outputs, layer.input === images ? 4 : inputs, layer.kernel);
      }),
      pairs: norms.map(({ channels }) => [arena.vector(channels), arena.vector(channels)] as const),
    });
    const flat = <T>(make: () => T): [FlatArena, T] => {
      const address = arena.end;
      const made = make();
      return [{ address, bytes: arena.end - address }, made];
    };
    const [values, value] = flat(allocate);
    const [gradients, gradient] = flat(allocate);
    this.values = values;
    this.gradients = gradients;
    this.momenta = { address: arena.bytes(values.bytes), bytes: values.bytes };
    convolutions.forEach((parameter, i) => {
      this.convolutions.set(parameter, {
        weights: value.panels[i] as Panels,
        gradient: gradient.panels[i] as Panels,
      });
    });
    norms.forEach((parameter, i) => {
      const { channels } = parameter;
      const [gamma, beta] = value.pairs[i] as readonly [Vector, Vector];
      const [dGamma, dBeta] = gradient.pairs[i] as readonly [Vector, Vector];
      this.norms.set(parameter, {
        ...{ gamma, beta, dGamma, dBeta },
        runningMean: arena.vector(channels),
        runningVar: arena.vector(channels),
        partial: arena.bytes(CHUNKS * 2 * channels * 4),
        vectors: arena.bytes(5 * channels * 4),
        coefficients: arena.bytes(3 * channels * 4),
      });
    });
  }

  convolution(parameter: ConvolutionParameter): ConvolutionBuffers {
    return found(this.convolutions.get(parameter));
  }

  norm(parameter: NormParameter): NormBuffers {
    return found(this.norms.get(parameter));
  }

  /** Where the momentum of a parameter lies. */
  momentum<T extends Panels | Vector>(value: T): T {
    return { ...value, address: value.address + this.momenta.address - this.values.address };
  }
}

function found<T>(buffers: T | undefined): T {
  if (buffers === undefined) throw new Error("This parameter is not part of the trunk.");
  return buffers;
}
